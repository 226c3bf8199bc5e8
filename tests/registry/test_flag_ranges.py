"""Flags of Run Registry per lumisection: read, merged, and not used where they are damaged."""

import pytest

from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Unreachable
from registry.flag_ranges import FlagRanges, fetch_flag_ranges, parse_flag_ranges
from registry.models import StoredFlagRanges, store_flag_ranges

PROMPT = "/PromptReco/Collisions2018A/DQM"


def entry(start, end, status="GOOD", comment=""):
    return {"start": start, "end": end, "status": status, "comment": comment, "cause": ""}


def test_ranges_of_a_dataset_of_the_sandbox(sandbox):
    found = fetch_flag_ranges(315322, PROMPT, Budget(5))
    assert isinstance(found, Found)
    assert set(found.value.ranges) == {"pixel", "strip", "tracking"}
    assert {(ranges[0][0], ranges[-1][1]) for ranges in found.value.ranges.values()} == {(1, 1390)}
    assert [request["path"] for request in sandbox.requests("registry")] == [
        "/registry/lumisections/rr_lumisection_ranges_by_component"
    ]


def test_dataset_without_flags_has_no_ranges(sandbox):
    assert fetch_flag_ranges(316113, "/Express/Collisions2018/DQM", Budget(5)).value == FlagRanges({})


def test_neighbours_that_differ_in_their_comment_are_merged():
    ranges = [entry(1, 4), entry(5, 9, comment="again"), entry(10, 12, "BAD", "holes")]
    assert parse_flag_ranges({"tracker-pixel": ranges}) == FlagRanges({"pixel": [(1, 9, "GOOD"), (10, 12, "BAD")]})


@pytest.mark.parametrize(
    ("ranges", "damage"),
    [
        ([entry(0, 9)], "tracker-strip begins at lumisection 0"),
        ([entry(2, 9)], "tracker-strip begins at lumisection 2"),
        ([entry(1, 9), entry(9, 12)], "ranges of tracker-strip overlap (1-9 and from 9)"),
        ([entry(1, 9), entry(11, 12)], "ranges of tracker-strip leave a gap (1-9 and from 11)"),
        ([entry(9, 1)], 'tracker-strip has {"start": 9, "end": 1'),
        ([entry("1", 9)], 'tracker-strip has {"start": "1", "end": 9'),
        ([entry(True, 9)], 'tracker-strip has {"start": true, "end": 9'),
        (["GOOD"], "tracker-strip has GOOD"),
    ],
)
def test_damaged_ranges_are_named_and_used_for_nothing(ranges, damage):
    parsed = parse_flag_ranges({"tracker-pixel": [entry(1, 9)], "tracker-strip": ranges})
    assert parsed.ranges == {}
    assert parsed.damage.startswith(f"Run Registry's ranges of this dataset are damaged: {damage}")


def shifted(status="GOOD"):
    """A column that was not written to, after a range from 0 was written to another one."""
    return [{"start": 1, "end": 1}, entry(2, 97, status)]


# As a backend of Run Registry answered after the range 0-0 was written to tracker-strip of 315257
# /PromptReco/Collisions2018A/DQM; six of its 27 columns.
RECORDED = {
    "tracker-strip": [entry(1, 97)],
    "dt-dt": shifted(),
    "gem-gem": shifted("EXCLUDED"),
    "dc-lowlumi": shifted("NO VALUE FOUND"),
    "tracker-pixel": shifted(),
    "tracker-track": [{"start": 1, "end": 1}, entry(2, 89), entry(90, 91, "BAD", "outside the golden"), entry(92, 97)],
}


@pytest.mark.parametrize(
    ("written", "damage"),
    [
        (["tracker-strip"], 'tracker-pixel has {"start": 1, "end": 1}'),
        (["tracker-strip", "tracker-pixel", "tracker-track"], 'dc-lowlumi begins with {"start": 1, "end": 1}'),
    ],
)
def test_range_from_zero_in_any_column_damages_all(written, damage):
    """The columns that were written to look like others, but their lumisections are shifted by one."""
    answer = RECORDED | dict.fromkeys(written, RECORDED["tracker-strip"])
    assert parse_flag_ranges(answer) == FlagRanges({}, f"Run Registry's ranges of this dataset are damaged: {damage}.")


@pytest.mark.parametrize(
    "column",
    [[entry(0, 9)], [entry(2, 9)], [{"start": 1, "end": 3}, entry(4, 9)], ["GOOD"], [entry(1, 9, None)]],
)
def test_beginning_of_other_columns_is_looked_at(column):
    parsed = parse_flag_ranges({"dt-dt": column, "tracker-pixel": [entry(1, 9)]})
    assert parsed.ranges == {}
    assert parsed.damage.startswith("Run Registry's ranges of this dataset are damaged: dt-dt begins with ")


STANDARD = {name: [entry(1, 9)] for name in ("dt-dt", "gem-gem", "dc-lowlumi", "tracker-pixel")}
PARTLY_SET = [{"start": 1, "end": 1}, {"start": 2, "end": 2}, entry(3, 9)]


def test_column_of_somebodys_own_name_is_left_alone_and_named():
    """As Run Registry answers after lumisections 3-9 of a new column were written."""
    parsed = parse_flag_ranges({**STANDARD, "tracker-tracking": PARTLY_SET, "ecal-foo": []})
    assert parsed == FlagRanges({"pixel": [(1, 9, "GOOD")]}, other_columns=("tracker-tracking",))


def test_many_columns_without_a_beginning_are_damage():
    """Each but `tracker-pixel` and one more, which were written from 0."""
    answer = {**dict.fromkeys(STANDARD, shifted()), "dt-dt": [entry(1, 9)], "tracker-pixel": [entry(1, 9)]}
    assert "dc-lowlumi begins with" in parse_flag_ranges(answer).damage
    assert "dt-dt begins with" in parse_flag_ranges({**STANDARD, "dt-dt": shifted(), "gem-gem": shifted()}).damage


def test_lumisections_that_only_another_column_has_are_left_out():
    longer = [entry(1, 9), {"start": 10, "end": 10}, {"start": 11, "end": 11}]
    assert parse_flag_ranges({**STANDARD, "tracker-pixel": longer}) == FlagRanges({"pixel": [(1, 9, "GOOD")]})
    assert parse_flag_ranges({**STANDARD, "tracker-pixel": longer[1:]}).damage


def test_other_columns_are_not_looked_at_further():
    answer = {"dt-dt": [entry(1, 9), entry(5, 12)], "rpc-hv": [], "tracker-pixel": [entry(1, 9)]}
    assert parse_flag_ranges(answer) == FlagRanges({"pixel": [(1, 9, "GOOD")]})


@pytest.mark.parametrize("mode", ["500", "wrong-shape", "truncated", "refuse"])
def test_failure_of_run_registry_is_a_sentence(sandbox, mode):
    sandbox.faults("registry", mode)
    assert isinstance(fetch_flag_ranges(315322, PROMPT, Budget(5)), Unreachable)


@pytest.mark.django_db
def test_stored_ranges_are_replaced(sandbox):
    for flags in (FlagRanges({"pixel": [(1, 9, "GOOD")]}), FlagRanges({}, "damaged")):
        store_flag_ranges(315322, PROMPT, flags, fetch_flag_ranges(315322, PROMPT, Budget(5)).asked_at)
    stored = StoredFlagRanges.objects.get()
    assert (stored.ranges, stored.damage) == ({}, "damaged")
