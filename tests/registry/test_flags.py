import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.http.errors import WrongShape
from registry.flags import COLUMNS, ComponentStatus, component_status, parse_flagged_dataset, parse_flagged_datasets
from tests.registry.test_parsing import row, values

SUMMARY = {"causes": [], "comments": ["HV trip"], "EMPTY": 0}


def flagged_row(counts=None, **parts):
    """A row in the format of the server, with counts by column."""
    summary = {column: {**SUMMARY, **statuses} for column, statuses in (counts or {}).items()}
    oms = {"hlt_key": "/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1", "stable_beam": True}
    run = {"rr_attributes": {"class": "Collisions18", "state": "SIGNOFF"}, "oms_attributes": oms}
    return row(**{"DatasetTripletCache": {"triplet_summary": summary}, "Run": run, **parts})


@pytest.mark.parametrize(
    ("counts", "reading"),
    [
        ({"GOOD": 115, "STANDBY": 5, "EMPTY": 0}, ComponentStatus("good", 115, 120)),
        ({"BAD": 7, "STANDBY": 5}, ComponentStatus("bad", 7, 12)),
        ({"GOOD": 100, "BAD": 15, "STANDBY": 5}, ComponentStatus("mixed", 15, 120)),
        ({"EXCLUDED": 120, "EMPTY": 0}, ComponentStatus("excluded", 120, 120)),
        ({"EXCLUDED": 100, "STANDBY": 20}, ComponentStatus("excluded", 100, 120)),
        ({"GOOD": 1, "EXCLUDED": 119}, ComponentStatus("good", 1, 120)),
        ({"BAD": 1, "EXCLUDED": 119}, ComponentStatus("bad", 1, 120)),
        ({"GOOD": 1, "BAD": 2, "EXCLUDED": 117}, ComponentStatus("mixed", 2, 120)),
        ({"STANDBY": 120}, ComponentStatus("not flagged", 120, 120)),
        ({"NOTSET": 60, "NO VALUE FOUND": 30, "EMPTY": 30}, ComponentStatus("not flagged", 120, 120)),
        ({"GOOD": 0, "BAD": 0, "EMPTY": 0}, ComponentStatus("not flagged", 0, 0)),
        ({}, ComponentStatus("not flagged", 0, 0)),
    ],
)
def test_status_follows_from_the_counts(counts, reading):
    assert component_status(counts) == reading


def test_mixed_contains_the_number_of_bad_lumisections():
    assert str(component_status({"GOOD": 100, "BAD": 15, "STANDBY": 5})) == "mixed, 15 of 120 bad"
    assert str(component_status({"GOOD": 5})) == "good"


def test_row_becomes_a_dataset_with_the_counts_of_its_components():
    flagged = parse_flagged_dataset(
        flagged_row({"tracker-pixel": {"GOOD": 3}, "tracker-track": {"BAD": 4}, "dt-dt": {"BAD": 9}})
    )
    counts = {"pixel": {"EMPTY": 0, "GOOD": 3}, "tracking": {"EMPTY": 0, "BAD": 4}}
    assert flagged.counts == {name: {} for name in COLUMNS} | counts
    assert (flagged.run_number, flagged.dataset.state) == (315270, "OPEN")
    assert (flagged.hlt_key, flagged.stable_beam) == ("/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1", True)


@pytest.mark.parametrize("parts", [{"DatasetTripletCache": None}, {"DatasetTripletCache": {}}, {"Run": None}])
def test_row_without_flags_or_run_is_not_flagged(parts):
    assert parse_flagged_dataset(flagged_row(**parts)).component_status("pixel").status == "not flagged"


def test_repeated_rows_are_parsed_once():
    rows = [flagged_row(), flagged_row()]
    (flagged,) = parse_flagged_datasets(rows).rows
    assert not flagged.has_twin
    (flagged,) = parse_flagged_datasets([*rows, flagged_row(name="/Express/Collisions2018/DQM\n")]).rows
    assert flagged.has_twin


@pytest.mark.parametrize("count", [-1, "5", 1.5, True, None, [], {}, "NaN"])
def test_odd_count_costs_its_column_and_is_named(count):
    counts = {"tracker-strip": {"GOOD": count, "BAD": 1}, "tracker-pixel": {"GOOD": 3}, "dt-dt": {"GOOD": "x"}}
    flagged = parse_flagged_dataset(flagged_row(counts))
    assert (flagged.counts["strip"], flagged.counts["pixel"]["GOOD"]) == ({}, 3)
    assert flagged.component_status("strip").status == "not flagged"
    (text,) = flagged.dataset.left_out
    assert text.startswith("tracker-strip GOOD ")


@pytest.mark.parametrize("value", [7, "x", [], True])
@pytest.mark.parametrize("key", ["hlt_key", "stable_beam", "nobody needs it"])
def test_odd_value_of_the_run_does_not_cost_the_flags(key, value):
    oms = {"hlt_key": "/cdaq/physics/x", "stable_beam": True, key: value}
    run = {"rr_attributes": {"class": "Collisions18", "state": "SIGNOFF"}, "oms_attributes": oms}
    flagged = parse_flagged_dataset(flagged_row({"tracker-track": {"BAD": 4}}, Run=run))
    assert flagged.counts["tracking"]["BAD"] == 4
    assert (flagged.dataset.run_class, flagged.dataset.left_out) == ("Collisions18", ())


@pytest.mark.parametrize("cache", [7, "x", [], {"triplet_summary": []}, {"triplet_summary": {"tracker-pixel": 5}}])
def test_odd_summary_is_named_and_the_dataset_is_used(cache):
    flagged = parse_flagged_dataset(flagged_row(DatasetTripletCache=cache))
    assert (flagged.run_number, flagged.dataset.state) == (315270, "OPEN")
    assert flagged.component_status("pixel").status == "not flagged"
    assert len(flagged.dataset.left_out) == 1


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(flagged_row(), values)) | values)
def test_any_row_becomes_a_dataset_or_a_typed_error(any_row):
    try:
        assert parse_flagged_dataset(any_row).dataset.name
    except WrongShape as error:
        assert error.service == "registry"
