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
from oms.wire_types import FillFacts, RunFacts
from tests.oms.rows import FILL, INST, PB, RUN, fill_row, run_row


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
    assert facts.raw_values["bunches_colliding"] == {"value": -12, "unit": "", "problem": "negative"}
    assert facts.raw_values["peak_lumi"] == {"value": -0.5, "unit": INST, "problem": "negative"}


def test_attributes_that_may_be_negative_are_unchanged():
    facts = parsing.parse_run(run_row(b_field=-3.8, initial_prescale_index=-1))
    assert (facts.b_field, facts.initial_prescale_index) == (-3.8, -1)


@pytest.mark.parametrize("name", ["recorded_lumi", "delivered_lumi", "init_lumi", "end_lumi"])
def test_luminosity_without_a_unit_is_left_out(name):
    facts = parsing.parse_run(run_row(units={name: None}))
    assert getattr(facts, name) is None
    assert facts.raw_values[name] == {"value": RUN["attributes"][name], "unit": "", "problem": "no unit"}


def test_zero_luminosity_without_a_unit_is_zero():
    facts = parsing.parse_run({"attributes": {"run_number": 1, "recorded_lumi": 0.0}})
    assert facts.recorded_lumi == 0


def test_null_luminosity_needs_no_unit():
    assert parsing.parse_run(run_row(units={"recorded_lumi": None}, recorded_lumi=None)).recorded_lumi is None


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("fill_number", 6616.5, "not a whole number"), ("fill_number", 0, "less than 1"),
        ("fill_number", -6616, "less than 1"), ("energy", "6500", "not a number"), ("energy", True, "not a number"),
        ("energy", 10**400, "not a finite number"), ("energy", float("nan"), "not a finite number"),
        ("recorded_lumi", "78.15", "not a number"), ("stable_beam", "true", "neither true nor false"),
        ("stable_beam", 1, "neither true nor false"), ("start_time", "yesterday", "not a date with a time"),
        ("start_time", "", "not a date with a time"), ("start_time", "2018-04-27", "not a date with a time"),
        ("start_time", "2018-02-30T10:00:00Z", "not a date with a time"),
        ("start_time", 1524852840, "not a date with a time"), ("start_time", "1970-01-01T00:00:00Z", "before 2008"),
        ("start_time", "0018-04-27T18:14:00Z", "before 2008"), ("end_time", "9999-12-31T23:59:59Z", "in the future"),
        ("end_time", "2018-04-27T18:13:59Z", "before the start"), ("hlt_key", 5, "not a text"),
        ("components", "PIXEL TRACKER", "not a list of names"), ("components", ["PIXEL", 1], "not a text"),
        ("lumisections", 2**31, "too large"), ("lumisections", 655.5, "not a whole number"),
        ("lumisections", "655", "not a whole number"), ("l1_triggers_counter", 2**63, "too large"),
    ],
)  # fmt: skip
def test_odd_value_is_left_out_with_the_problem(name, value, problem):
    key = {"lumisections": "last_lumisection_number"}.get(name, name)
    facts = parsing.parse_run(run_row(**{key: value}))
    assert getattr(facts, name) is None
    assert facts.raw_values[name]["problem"] == problem
    json.dumps(facts.raw_values, allow_nan=False)


def test_large_value_does_not_become_infinite_by_its_unit():
    facts = parsing.parse_run(run_row(recorded_lumi=1e308, units={"recorded_lumi": "fb^{-1}"}))
    assert (facts.recorded_lumi, facts.raw_values["recorded_lumi"]["problem"]) == (None, "too large")


def test_value_that_was_left_out_is_stored_short_and_clean():
    facts = parsing.parse_run(run_row(energy="6\x00\ud800" + "5" * 1000))
    assert facts.raw_values["energy"]["value"] == "6?" + "5" * 78 + "…"


EMPTY = object()
ODD_VALUES = [
    "", "6500", "NaN", "high", True, 7, -7, 2.5, -2.5, 2**70, 10**400, float("nan"), float("inf"), [], [1], ["a"], {},
    {"percent": 1.0}, "2018-04-27", "1970-01-01T00:00:00Z", "2018-02-31T00:00:00Z", "9999-12-31T23:59:59Z", EMPTY,
]  # fmt: skip
ODD_UNITS = ["furlong", "", None, 7, ["pb^{-1}"], {"units": PB}]
FULL_RUN = run_row() | {"attributes": dict.fromkeys(parsing.RUN_FIELDS) | RUN["attributes"]}
FULL_FILL = fill_row() | {"attributes": dict.fromkeys(parsing.FILL_FIELDS) | FILL["attributes"]}
# Values that a run derives from others.
DERIVED = {"hlt_key": {"run_type"}, "stable_beam": {"run_type"}, "start_time": {"end_time"}}
ROWS = [
    *((parsing.parse_run, FULL_RUN, name) for name in parsing.RUN_FIELDS),
    *((parsing.parse_fill, FULL_FILL, name) for name in parsing.FILL_FIELDS),
]


def attribute_values(facts, without):
    return {field.name: getattr(facts, field.name) for field in fields(facts) if field.name not in without}


@pytest.mark.parametrize(("parse", "row", "name"), ROWS, ids=[f"{parse.__name__}-{name}" for parse, _, name in ROWS])
def test_one_odd_attribute_does_not_change_the_others(parse, row, name):
    """Each attribute of OMS with each odd value: all others are read as in the row without it."""
    ours = {"last_lumisection_number": "lumisections"}.get(name, name)
    left_out = {ours, "raw_values"} | DERIVED.get(ours, set())
    expected = attribute_values(parse(row), left_out)
    for value in ODD_VALUES:
        attributes = {key: known for key, known in row["attributes"].items() if key != name}
        facts = parse(row | {"attributes": attributes if value is EMPTY else attributes | {name: value}})
        assert attribute_values(facts, left_out) == expected, value
        json.dumps(facts.raw_values, allow_nan=False)


@pytest.mark.parametrize(("parse", "row", "name"), ROWS, ids=[f"{parse.__name__}-{name}" for parse, _, name in ROWS])
def test_one_odd_unit_does_not_change_the_others(parse, row, name):
    expected = attribute_values(parse(row), {name, "raw_values"})
    for unit in ODD_UNITS:
        for entry in ({"units": unit}, unit):
            facts = parse(row | {"meta": {"row": row["meta"]["row"] | {name: entry}}})
            assert attribute_values(facts, {name, "raw_values"}) == expected, entry
            json.dumps(facts.raw_values, allow_nan=False)


@pytest.mark.parametrize("number", [None, "315270", 0, -1, True, 2**40, 315270.0, [315270]])
def test_row_with_an_odd_number_is_identified_by_its_id(number):
    row = run_row()
    row["attributes"]["run_number"] = number
    assert parsing.parse_run(row).run_number == 315270
    assert parsing.parse_run(row).recorded_lumi == 78.15


@pytest.mark.parametrize("identifier", [None, "", "run 315270", "-5", "0", 2**40, "9" * 30, "²"])
def test_row_without_a_number_is_an_error(identifier):
    row = run_row() | {"id": identifier}
    row["attributes"]["run_number"] = "315270"
    with pytest.raises(WrongShape, match="run_number"):
        parsing.parse_run(row)


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        ("2018-04-28T01:00:00Z", "2018-04-28T00:59:59Z", False),
        ("2018-04-28T01:00:00Z", "2018-04-28T01:00:00Z", True),
        (None, "2018-04-28T00:59:59Z", True),
    ],
)
@pytest.mark.parametrize("names", [("start_time", "end_time"), ("start_stable_beam", "end_stable_beam")])
def test_end_before_the_start_is_left_out(names, start, end, kept):
    facts = parsing.parse_fill(fill_row(**dict(zip(names, (start, end), strict=True))))
    assert (getattr(facts, names[1]) is not None) == kept
    assert (names[1] in facts.raw_values) != kept


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
    "/cdaq/test/2018/x/HLT/V3": "other",
    "/cdaq/special/2018/COSMICS_inPhysics/HLT/V1": "physics or cosmic",
}


@pytest.mark.parametrize(("key", "stable"), product(KEYS, [True, False, None]))
def test_run_type_follows_key_and_stable_beam(key, stable):
    key_class = KEYS[key]
    if key_class == "none":
        expected = "unknown"
    elif "physics" in key_class and stable:
        expected = "collisions"
    elif "cosmic" in key_class:
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
