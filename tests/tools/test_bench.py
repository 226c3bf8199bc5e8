"""What the benchmark reads out of its samples."""

import pytest

from tools.bench.measure import Measurement, longest_chain


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
def test_longest_chain_counts_calls_that_waited_for_each_other(calls, length):
    assert longest_chain(calls) == length


def test_row_tells_the_middle_and_the_slow_end():
    row = Measurement("page")
    for milliseconds in range(1, 101):
        row.add(milliseconds / 1000, 10)
    assert row.p50_ms == pytest.approx(50.5)
    assert 95 <= row.p95_ms <= 97
