from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.ranges import MAX_GAP, MAX_NUMBERS, MAX_RANGES, NumberRange, covering_ranges


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
def test_close_numbers_share_a_range(numbers, expected):
    assert [(span.first, span.last) for span in covering_ranges(numbers)] == expected


def test_no_more_than_eight_ranges_where_gaps_are_moderate():
    assert len(covering_ranges(range(314000, 320000, 100))) == MAX_RANGES


def test_distant_numbers_have_separate_ranges():
    assert len(covering_ranges(range(300000, 400000, 2000))) == 50


@pytest.mark.parametrize("distance", [1, 51, 80, 101, 990])
def test_evenly_spread_numbers_become_ranges_of_even_width(distance):
    spans = [span.last - span.first for span in covering_ranges(range(300000, 300000 + 100 * distance, distance))]
    assert max(spans) < MAX_NUMBERS
    assert max(spans[:-1], default=0) == min(spans[:-1], default=0)
    assert len(spans) <= max(MAX_RANGES, 50)


def test_consecutive_runs_are_divided_into_adjacent_ranges():
    assert [span.last - span.first + 1 for span in covering_ranges(range(314000, 316500))] == [939, 939, 622]


def minimum_ranges(numbers: list[int]) -> int:
    """The minimum number of ranges, by a greedy algorithm."""
    count = 0
    while numbers:
        numbers = [number for number in numbers if number - numbers[0] >= MAX_NUMBERS]
        count += 1
    return count


dense = st.sets(st.integers(314_000, 318_000), max_size=300)


@given(st.sets(st.integers(1, 10_000_000), max_size=100) | dense)
def test_ranges_contain_every_number_once_and_are_limited_in_width(numbers):
    ranges = covering_ranges(numbers)
    assert all(sum(span.first <= number <= span.last for span in ranges) == 1 for number in numbers)
    assert all(before.last < after.first for before, after in pairwise(ranges))
    assert {span.first for span in ranges} | {span.last for span in ranges} <= numbers
    assert all(span.last - span.first < MAX_NUMBERS for span in ranges)
    assert len(ranges) <= max(MAX_RANGES, minimum_ranges(sorted(numbers)))


@given(dense)
def test_no_call_is_made_for_a_small_gap(numbers):
    ranges = covering_ranges(numbers)
    for before, after in pairwise(ranges):
        assert after.first - before.last > MAX_GAP or after.last - before.first >= MAX_NUMBERS


def test_filter_of_one_number_is_equality():
    assert NumberRange(5, 5).as_filter("run_number") == {"filter[run_number][EQ]": 5}
    assert NumberRange(5, 9).as_filter("run_number") == {"filter[run_number][GE]": 5, "filter[run_number][LE]": 9}
