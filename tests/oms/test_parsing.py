import json
import logging
from dataclasses import fields
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.http.errors import RemoteError, WrongShape
from oms import parsing
from oms.choices import RunType
from oms.models import OmsFill, OmsRun
from oms.units import UnknownUnit
from oms.wire_types import FillFacts, RunFacts
from tests.oms.rows import INST, PB, fill_row, run_row


def test_run_row_becomes_facts_in_our_units():
    facts = parsing.parse_run(run_row(units={"recorded_lumi": "nb^{-1}", "init_lumi": "10^{30}cm^{-2}s^{-1}"}))
    assert facts.run_number == 315270
    assert facts.start_time == datetime(2018, 4, 27, 18, 14, tzinfo=UTC)
    assert facts.lumisections == 655
    assert facts.recorded_lumi == 0.07815
    assert facts.init_lumi == 1.1e-4
    assert facts.delivered_lumi == 81.2
    assert facts.hlt_physics_counter == 7224070
    assert facts.components == ["DAQ", "PIXEL", "TRACKER"]
    assert facts.run_type == RunType.COLLISIONS


def test_reported_has_value_and_unit_of_oms():
    facts = parsing.parse_run(run_row(units={"recorded_lumi": "nb^{-1}"}))
    assert facts.raw_values["recorded_lumi"] == {"value": 78.15, "unit": "nb^{-1}"}
    assert facts.raw_values["energy"] == {"value": 6500, "unit": "GeV"}
    assert "lumisections" not in facts.raw_values


def test_absent_and_null_attributes_are_none():
    facts = parsing.parse_run({"attributes": {"run_number": 314207, "fill_number": None}})
    known = {field.name: getattr(facts, field.name) for field in fields(facts)}
    assert {name for name, value in known.items() if value not in (None, {})} == {"run_number", "run_type"}
    assert facts.run_type == RunType.UNKNOWN


def test_negative_counts_are_stored_in_reported_only():
    facts = parsing.parse_fill(fill_row(bunches_colliding=-12, peak_lumi=-0.5))
    assert (facts.bunches_colliding, facts.peak_lumi) == (None, None)
    assert facts.raw_values["bunches_colliding"] == {"value": -12, "unit": ""}
    assert facts.raw_values["peak_lumi"] == {"value": -0.5, "unit": INST}


def test_attributes_that_may_be_negative_are_unchanged():
    facts = parsing.parse_run(run_row(b_field=-3.8, initial_prescale_index=-1))
    assert (facts.b_field, facts.initial_prescale_index) == (-3.8, -1)


@pytest.mark.parametrize("name", ["recorded_lumi", "delivered_lumi", "init_lumi", "end_lumi"])
def test_luminosity_without_a_unit_names_the_attribute(name):
    with pytest.raises(UnknownUnit, match=f"OMS answered in an unknown form .{name} without a unit"):
        parsing.parse_run(run_row(units={name: None}))


def test_zero_luminosity_without_a_unit_is_zero():
    facts = parsing.parse_run({"attributes": {"run_number": 1, "recorded_lumi": 0.0}})
    assert facts.recorded_lumi == 0


def test_null_luminosity_needs_no_unit():
    assert parsing.parse_run(run_row(units={"recorded_lumi": None}, recorded_lumi=None)).recorded_lumi is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("run_number", "315270"), ("run_number", None), ("run_number", 0), ("run_number", -1), ("run_number", True),
        ("run_number", 2**40), ("fill_number", 6616.5), ("energy", "6500"), ("energy", 10**400),
        ("energy", float("inf")), ("energy", True), ("stable_beam", "yes"), ("stable_beam", 1),
        ("start_time", "yesterday"), ("start_time", 1524852840), ("hlt_key", 5), ("components", "PIXEL TRACKER"),
        ("components", [1]), ("last_lumisection_number", 2**31), ("l1_triggers_counter", 2**63),
    ],
)  # fmt: skip
def test_wrong_type_names_the_attribute(name, value):
    with pytest.raises(WrongShape) as caught:
        parsing.parse_run(run_row() | {"attributes": run_row()["attributes"] | {name: value}})
    assert caught.value.key == name
    assert f"({name})" in caught.value.sentence


@pytest.mark.parametrize("row", [None, [], "row", 5, {}, {"attributes": None}, {"attributes": []}])
def test_row_without_attributes_is_an_error(row):
    with pytest.raises(WrongShape, match="attributes"):
        parsing.parse_run(row)


@pytest.mark.parametrize("meta", [None, [], {}, {"row": None}, {"row": {"energy": None}}, {"row": {"energy": "GeV"}}])
def test_invalid_units_are_ignored(meta):
    row = {"attributes": {"run_number": 1, "energy": 6500}, "meta": meta}
    assert parsing.parse_run(row).energy == 6500


def test_times_are_utc_and_aware():
    row = run_row(start_time="2018-04-27T20:14:00+02:00", end_time="2018-04-27T22:30:00")
    facts = parsing.parse_run(row)
    assert facts.start_time == datetime(2018, 4, 27, 18, 14, tzinfo=UTC)
    assert facts.end_time == datetime(2018, 4, 27, 22, 30, tzinfo=UTC)


def test_nul_characters_do_not_reach_the_database():
    assert parsing.parse_run(run_row(hlt_key="/cdaq/\x00physics")).hlt_key == "/cdaq/physics"


def test_names_of_facts_are_columns_of_the_mirror():
    """A fact without a column would be lost, and a column without a fact would always be empty."""
    own_columns = {"fetched_at", "typed"}
    column_names = {"raw_values": "reported"}
    for facts, model, other_columns in ((RunFacts, OmsRun, {"fill"}), (FillFacts, OmsFill, set())):
        columns = {field.name for field in model._meta.get_fields() if field.concrete}
        assert {
            column_names.get(field.name, field.name) for field in fields(facts)
        } == columns - own_columns - other_columns


def test_lumisections_are_the_last_active_one():
    assert "last_lumisection_number" in parsing.RUN_FIELDS
    assert "lumisections" not in parsing.RUN_FIELDS


KEYS = {
    None: "none",
    "": "none",
    "/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1": "physics",
    "/cdaq/special/2018/x/HLT/V1": "physics",
    "/cdaq/cosmic/commissioning2018/CRUZET/HLT/V1": "cosmic",
    "/cdaq/circulating/2018/HLT/V1": "other",
}


@pytest.mark.parametrize(("key", "stable"), product(KEYS, [True, False, None]))
def test_run_type_follows_key_and_stable_beam(key, stable):
    key_class = KEYS[key]
    if key_class == "none":
        expected = "unknown"
    elif key_class == "physics" and stable:
        expected = "collisions"
    elif key_class == "cosmic" or stable is False:
        expected = "cosmics"
    else:
        expected = "unknown"
    assert parsing.derive_run_type(key, stable) == expected


def test_absent_attribute_is_logged_once(caplog, monkeypatch):
    monkeypatch.setattr(parsing, "_logged_missing", set())
    row = run_row(clock_type="LHC")
    with caplog.at_level(logging.WARNING, logger="oms.parsing"):
        parsing.parse_run(row)
        first = [record.getMessage() for record in caplog.records]
        parsing.parse_run(row)
    assert any("cmssw_version of runs" in line for line in first)
    assert not any("clock_type" in line for line in first)
    assert len(caplog.records) == len(first)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(parsing.RUN_FIELDS + parsing.FILL_FIELDS), json_values, max_size=5), json_values)
def test_any_row_becomes_facts_or_a_typed_error(attributes, meta):
    units = {"row": {name: {"units": unit} for name, unit in zip(attributes, (PB, INST, "T", "GeV", ""), strict=False)}}
    for facts_of in (parsing.parse_run, parsing.parse_fill):
        for row in ({"attributes": {"run_number": 1, "fill_number": 1} | attributes, "meta": units}, meta):
            try:
                facts = facts_of(row)
            except RemoteError as error:
                assert error.sentence.startswith("OMS ")
            else:
                json.dumps(facts.raw_values)
