"""How the benchmark evaluates its samples."""

import pytest

from tools.bench.__main__ import sizes_from_environment
from tools.bench.measure import Measurement, longest_chain
from tools.bench.year_times import YearTimes


def _call(started: float, seconds: float) -> dict:
    return {"started": started, "seconds": seconds}


@pytest.mark.parametrize(
    ("calls", "length"),
    [
        ([], 0),
        ([_call(0, 1)], 1),
        ([_call(0, 1), _call(0.1, 1)], 1),
        ([_call(0, 1), _call(1, 1)], 2),
        ([_call(0, 3), _call(0, 1), _call(1.1, 1), _call(3, 1)], 3),
        ([_call(2, 1), _call(0, 1), _call(1, 1)], 3),
    ],
)
def test_longest_chain_counts_sequential_calls(calls, length):
    assert longest_chain(calls) == length


def test_row_gives_the_median_and_the_95th_percentile():
    row = Measurement("page")
    for milliseconds in range(1, 101):
        row.add(milliseconds / 1000, 10)
    assert row.p50_ms == pytest.approx(50.5)
    assert 95 <= row.p95_ms <= 97


@pytest.mark.parametrize(("bound", "is_within"), [(None, True), (2.1, True), (1.9, False)])
def test_row_is_compared_with_the_help_page_of_the_same_run(bound, is_within):
    row = Measurement("page", bound)
    row.baseline = [0.004, 0.005, 0.006]
    for seconds in (0.009, 0.010, 0.030):
        row.add(seconds, 10)
    assert row.multiple == pytest.approx(2)
    assert row.is_within_bound is is_within


@pytest.mark.parametrize(("queries", "is_within"), [(4, True), (5, False), (None, False)])
def test_row_has_a_bound_of_queries(queries, is_within):
    assert Measurement("page", queries=queries, max_queries=4).is_within_bound is is_within


def test_row_without_samples_of_the_help_page_has_no_multiple():
    assert Measurement("page").multiple is None


@pytest.mark.parametrize(
    ("times", "is_within"), [((2.9, 4.9, 299), True), ((3.1, 1, 1), False), ((1, 5.1, 1), False), ((1, 1, 301), False)]
)
def test_golden_json_has_bounds_of_time_and_memory(times, is_within):
    year = YearTimes(6810, 24490, *times)
    assert year.is_within_bound is is_within
    assert ("MISSED" in year.text) is not is_within


@pytest.mark.parametrize(("text", "sizes"), [("", [15_000]), ("1000,20000, 150000", [1_000, 20_000, 150_000])])
def test_sizes_come_from_the_environment(monkeypatch, text, sizes):
    monkeypatch.setenv("SIZES", text)
    assert sizes_from_environment() == sizes
