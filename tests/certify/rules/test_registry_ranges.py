"""The comparison of bad lumisections with the flags of Run Registry: each status, the ends, damage, and any ranges."""

from __future__ import annotations

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from certify.models.components import Component, ComponentFlag
from certify.rules.registry_ranges import compare_ranges, status_within
from infrastructure.number_ranges import merged_ranges
from registry.flags import NOT_FLAGGED
from registry.models import StoredFlagRanges

SYSTEM, NONE = ("STANDBY", "EXCLUDED"), ("NOTSET", "EMPTY", "NO VALUE FOUND")
STATUSES = ("GOOD", "BAD", *SYSTEM, *NONE)


def flag(*ranges, status="good"):
    return ComponentFlag(Component.STRIP, status, lowstat=False, ranges=ranges)


def stored(*ranges, damage=""):
    return StoredFlagRanges(run_number=1, read_at=timezone.now(), ranges={"strip": ranges}, damage=damage)


@pytest.mark.parametrize(
    ("status", "beside_good", "beside_bad"),
    [
        ("GOOD", "equal", "differs in 3-4"),
        ("BAD", "differs in 3-4", "equal"),
        *((status, "equal; left standby in 3-4", "differs in 3-4") for status in SYSTEM),
        *((status, "not flagged in 3-4", "not flagged in 3-4") for status in NONE),
    ],
)
def test_each_status_beside_good_and_bad(status, beside_good, beside_bad):
    theirs = stored([1, 2, "GOOD"], [3, 4, status], [5, 8, "GOOD"], [9, 9, "BAD"])
    assert compare_ranges(flag((9, 9)), theirs, 9).text == beside_good
    assert compare_ranges(flag((3, 4), (9, 9)), theirs, 9).text == beside_bad


def test_same_ranges_are_equal_and_only_what_differs_is_named():
    theirs = stored([1, 309, "GOOD"], [310, 335, "BAD"], [336, 655, "GOOD"])
    assert compare_ranges(flag((310, 335)), theirs, 655).text == "equal"
    found = compare_ranges(flag((300, 330), (352, 352)), theirs, 655)
    assert (found.text, found.is_different) == ("differs in 300-309, 331-335, 352", True)


def test_only_what_differs_is_in_the_text_of_the_difference():
    theirs = stored([1, 22, "STANDBY"], [23, 30, "GOOD"], [31, 40, "BAD"])
    found = compare_ranges(flag((30, 40)), theirs, 41)
    assert found.differing_text == "differs in 30"
    assert found.other_text == "not flagged in 41; left standby in 1-22"
    assert found.text == "differs in 30; not flagged in 41; left standby in 1-22"


def test_lumisections_after_the_last_one_are_left_out():
    theirs = stored([1, 92, "GOOD"], [93, 96, "BAD"])
    assert compare_ranges(flag((5, 5)), theirs, 92).differing == ((5, 5),)
    assert compare_ranges(flag((5, 5)), theirs, None).differing == ((5, 5), (93, 96))


AFTER = "9 LS there, 2 of them after the last lumisection of OMS"


@pytest.mark.parametrize(
    ("ours", "status", "text"),
    [
        ("excluded", "EXCLUDED", f"equal; {AFTER}"),
        ("excluded", "GOOD", f"differs in 3-4; {AFTER}"),
        ("excluded", "STANDBY", f"equal; left standby in 3-4; {AFTER}"),
        ("bad", "BAD", f"equal; {AFTER}"),
        ("bad", "GOOD", f"differs in 3-4; {AFTER}"),
        ("bad", "EXCLUDED", f"equal; left standby in 3-4; {AFTER}"),
        ("bad", "NOTSET", f"not flagged in 3-4; {AFTER}"),
    ],
)
def test_flag_of_the_whole_run_is_compared_up_to_its_last_lumisection(ours, status, text):
    theirs = stored([1, 2, ours.upper()], [3, 4, status], [5, 7, ours.upper()], [8, 9, "GOOD"])
    assert compare_ranges(flag(status=ours), theirs, 7).text == text


@given(
    st.sampled_from(["good", "bad", "excluded"]),
    st.lists(st.sampled_from(STATUSES), min_size=1, max_size=12),
    st.integers(1, 12),
)
def test_flag_of_the_whole_run_differs_as_it_does_by_counts(ours, statuses, last):
    theirs = stored(*([number, number, status] for number, status in enumerate(statuses, 1)))
    status = status_within(Component.STRIP, theirs, last).status
    assert compare_ranges(flag(status=ours), theirs, last).is_different == (status not in (ours, NOT_FLAGGED))


def test_lumisections_that_run_registry_does_not_have_are_not_flagged():
    assert compare_ranges(flag((5, 5)), stored([1, 4, "GOOD"]), 7).text == "not flagged in 5-7"
    assert compare_ranges(flag((5, 5)), stored(), None).text == "not flagged in 5"


@pytest.mark.parametrize(
    ("theirs", "text", "is_read"),
    [
        (None, "its lumisections are not read yet", False),
        (stored(damage="Run Registry's ranges are damaged: x."), "Run Registry's ranges are damaged: x", True),
    ],
)
def test_nothing_is_compared_with_what_is_missing_or_damaged(theirs, text, is_read):
    found = compare_ranges(flag((5, 5)), theirs, 7)
    assert (found.text, bool(found.problem), found.is_different, found.is_read) == (text, True, False, is_read)


def test_many_ranges_are_shortened():
    bad = tuple((number, number) for number in range(1, 20, 2))
    text = compare_ranges(flag(*bad), stored([1, 20, "GOOD"]), 20).text
    assert text == "differs in 1, 3, 5, 7, 9, 11 and more, 10 LS in all"


@given(
    st.lists(st.booleans(), min_size=1, max_size=12).filter(any),
    st.lists(st.sampled_from(STATUSES), min_size=1, max_size=12),
)
def test_comparison_equals_a_lumisection_by_lumisection_count(bad, statuses):
    ranges = merged_ranges((number, number) for number, is_bad in enumerate(bad, 1) if is_bad)
    theirs = [[number, number, status] for number, status in enumerate(statuses, 1)]
    found = compare_ranges(flag(*ranges), stored(*theirs), len(bad))
    plain: dict[str, list[int]] = {"differing": [], "standby": [], "unflagged": []}
    for number, is_bad in enumerate(bad, 1):
        status = statuses[number - 1] if number <= len(statuses) else ""
        if status in SYSTEM and not is_bad:
            plain["standby"].append(number)
        elif status in ("", *NONE):
            plain["unflagged"].append(number)
        elif (status == "BAD") != is_bad or status in SYSTEM:
            plain["differing"].append(number)
    for name, numbers in plain.items():
        assert [n for first, last in getattr(found, name) for n in range(first, last + 1)] == numbers
