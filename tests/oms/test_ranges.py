from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.ranges import MOST_RANGES, WIDEST_GAP, Range, ranges_over


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], []),
        ([316187], [(316187, 316187)]),
        ([316199, 316187, 316200, 316187], [(316187, 316200)]),
        ([314206, 316201], [(314206, 314206), (316201, 316201)]),
        ([100, 150, 201], [(100, 150), (201, 201)]),
    ],
)
def test_near_numbers_share_a_range(numbers, expected):
    assert [(span.first, span.last) for span in ranges_over(numbers)] == expected


def test_no_more_than_eight_ranges_where_gaps_are_moderate():
    assert len(ranges_over(range(314000, 320000, 100))) == MOST_RANGES


def test_far_numbers_stay_apart():
    assert len(ranges_over(range(300000, 400000, 2000))) == 50


@given(st.sets(st.integers(1, 10_000_000), max_size=100))
def test_ranges_hold_every_number_are_disjoint_and_read_over_no_wide_gap(numbers):
    ranges = ranges_over(numbers)
    assert all(sum(span.first <= number <= span.last for span in ranges) == 1 for number in numbers)
    assert all(before.last < after.first for before, after in pairwise(ranges))
    assert {span.first for span in ranges} | {span.last for span in ranges} <= numbers
    wide = sum(after - before > WIDEST_GAP for before, after in pairwise(sorted(numbers)))
    assert len(ranges) <= max(MOST_RANGES, 1 + wide)


def test_filter_of_one_number_is_equality():
    assert Range(5, 5).as_filter("run_number") == {"filter[run_number][EQ]": 5}
    assert Range(5, 9).as_filter("run_number") == {"filter[run_number][GE]": 5, "filter[run_number][LE]": 9}
