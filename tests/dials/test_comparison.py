"""Comparisons with a reference: on values worked out by hand, on planted defects of the sandbox, and on good runs."""

from __future__ import annotations

from functools import cache
from itertools import islice
from math import isnan, nan

import pytest

from dials.comparison import (
    Obstacle,
    change_point,
    changed_bins,
    distance,
    mean_shift,
    obstacle,
    per_pileup,
    rank,
    ratios,
    to_area_one,
)
from dials.elements import ELEMENTS
from dials.summing import RunSum
from dials.wire_types import Axis, Binning, HistogramRow
from sandbox import world
from sandbox.dials.catalogue import DATASETS, lumisections_in, runs_in
from sandbox.dials.defects import ABSENT_RUN, EXPRESS_ONLY_RUN
from sandbox.dials.elements import ELEMENTS as SANDBOX_ELEMENTS
from sandbox.dials.elements import STRIP_BITS, TRACKER, element_id
from sandbox.dials.histograms import counts, x_axis
from sandbox.dials.state import DialsState
from sandbox.world.lumisections import is_on, pileups_of
from tests.proof import scaled

PROMPT = DATASETS[1]
MAP, CHARGE, SIGNAL, _, TRACKS, HITS = ELEMENTS
REFERENCE = 315270
DEFECTS = {315357, 315339, 315543, 315264, 315265, 315363, 315267, 315366, ABSENT_RUN, EXPRESS_ONLY_RUN, REFERENCE}


@cache
def run_sum(run_number: int, name: str) -> RunSum:
    """The sum as it is read of the sandbox, without HTTP."""
    element = SANDBOX_ELEMENTS[TRACKER][element_id(TRACKER, name) or 0]
    x = x_axis(element, run_number)
    y = Axis(element.y.low, element.y.high, element.y.bins) if element.y else None
    binning, found = Binning(Axis(x.low, x.high, x.bins), y), RunSum()
    for number in lumisections_in(DialsState(), PROMPT, run_number):
        contents, entries = counts(element, PROMPT.dataset_id, run_number, number)
        found.add([HistogramRow(number, binning, entries, contents)])
    return found


def tracks_per_pileup(run_number: int) -> list[float]:
    found = run_sum(run_number, TRACKS)
    pileups = {number: pileup for number, pileup in pileups_of(run_number).items() if pileup}
    return per_pileup(found.numbers, found.means, pileups)


@cache
def all_on(run_number: int) -> frozenset[int]:
    """The lumisections with stable beams, in which all detectors are on."""
    known = world.lumisections_of(run_number)
    bits = ("beam1_stable", "beam2_stable", "bpix_ready", "fpix_ready", *STRIP_BITS)
    on = ((first, last) for first, last, flags in known.segments if all(is_on(flags, bit) for bit in bits))
    return frozenset(number for first, last in on for number in range(first, last + 1))


def good_runs() -> list[int]:
    """Runs without a defect, of 100 to 400 lumisections: a few in `make test`, at least 20 in `make prove`."""
    lengths = {run: len(lumisections_in(DialsState(), PROMPT, run)) for run in runs_in(PROMPT) if run not in DEFECTS}
    fitting = (run for run, length in lengths.items() if 100 <= length <= 400 and sum(run_sum(run, HITS).sums))
    return list(islice(fitting, scaled(3, 25)))


def test_overlay_and_ratio():
    assert to_area_one([1, 3]) == [0.25, 0.75]
    assert to_area_one([0, 0]) == [0, 0]
    found = ratios([100, 0, 5, 95], [100, 100, 0, 200])
    assert found[0] == (2, pytest.approx(2 * (1 / 100 + 1 / 100) ** 0.5))
    assert found[1] == (0, pytest.approx(0.02 * 1.01**0.5))
    assert found[2] is None


def test_shift_and_distance_are_in_the_unit_of_the_axis():
    axis = Axis(0, 8, 4)
    shift = mean_shift([0, 10, 0, 0], [0, 5, 5, 0], axis)
    assert (shift.absolute, shift.relative) == (-1, -0.25)
    assert distance([0, 10, 0, 0], [0, 5, 5, 0], axis) == 1
    assert distance([0, 20, 0, 0], [0, 0, 0, 3], axis) == 4
    assert mean_shift([0, 0, 0, 0], [1, 1, 1, 1], axis) is None
    assert distance([0, 0, 0, 0], [1, 1, 1, 1], axis) is None


def test_shift_around_zero_has_no_relative_value():
    assert mean_shift([0, 0, 5, 0], [1, 1, 1, 1], Axis(-2, 2, 4)).relative is None


def test_rank_needs_ten_good_runs():
    assert rank(5, [*range(9)]) is None
    assert rank(5, [*range(10)]) == 5


def test_per_pileup_is_unknown_without_pile_up():
    found = per_pileup([1, 2, 3, 4], [10, 20, 30, 40], {1: 5, 2: 0, 3: 1, 5: 5})
    assert found[0] == 2 and all(map(isnan, found[1:]))


def _sum_of(values: list[float], entries: int = 1000) -> RunSum:
    return RunSum(numbers=[*range(1, len(values) + 1)], entries=[entries] * len(values))


def test_step_is_found_and_drift_noise_and_few_values_are_not():
    noise = [0.1 * ((n * 7919) % 11 - 5) for n in range(200)]
    step = [10 + noise[n] + (3 if n >= 120 else 0) for n in range(200)]
    found = change_point(_sum_of(step), step, range(1000))
    assert (found.first, round(found.step)) == (121, 3)
    drift = [10 + noise[n] + 0.02 * n for n in range(200)]
    for values in (drift, [10 + value for value in noise], step[118:124], [nan] * 50):
        assert change_point(_sum_of(values), values, range(1000)) is None
    assert change_point(_sum_of(step), step, range(150, 1000)) is None


def test_bins_of_a_map_are_compared_at_the_median_ratio():
    reference = [1000.0] * 10 + [0, 0, 1000]
    found = changed_bins([500.0] * 8 + [300, 0] + [0, 500, 500], reference)
    assert (found.dead, found.returned) == ([8, 9], [11])
    assert changed_bins([5.0] * 13, reference) is None


def test_dead_sector_is_found_bin_by_bin_from_its_lumisection_on():
    found = run_sum(315357, MAP)
    bins = changed_bins(found.sums, run_sum(REFERENCE, MAP).sums)
    assert (len(bins.dead), bins.returned) == (144, [])
    assert abs(change_point(found, found.empty_bins, all_on(315357)).first - 300) <= 10


@pytest.mark.parametrize(("run_number", "name", "since"), [(315339, SIGNAL, 200), (315543, HITS, 60)])
def test_planted_step_is_found_within_ten_lumisections(run_number, name, since):
    found, reference = run_sum(run_number, name), run_sum(REFERENCE, name)
    assert abs(change_point(found, found.means, all_on(run_number)).first - since) <= 10
    assert mean_shift(found.sums, reference.sums, found.binning.x).relative < -0.05
    good = [run_sum(run, name) for run in good_runs()]
    others = [distance(other.sums, reference.sums, other.binning.x) for other in good]
    assert distance(found.sums, reference.sums, found.binning.x) > 10 * max(others)


def test_lost_tracks_are_found_by_unit_of_pile_up():
    found = change_point(run_sum(315543, TRACKS), tracks_per_pileup(315543), all_on(315543))
    assert abs(found.first - 60) <= 10
    assert found.step < 0


def marks(run: int) -> list[object]:
    """What is beyond doubt in a run."""
    lumisections, tracks, clusters = all_on(run), run_sum(run, TRACKS), run_sum(run, MAP)
    bins = changed_bins(clusters.sums, run_sum(REFERENCE, MAP).sums)
    points = [
        change_point(run_sum(run, name), run_sum(run, name).means, lumisections) for name in (CHARGE, SIGNAL, HITS)
    ]
    points.append(change_point(tracks, tracks_per_pileup(run), lumisections))
    points.append(change_point(clusters, clusters.empty_bins, lumisections))
    return [point for point in points if point] + bins.dead + bins.returned


def test_nothing_is_marked_in_good_runs():
    good = good_runs()
    assert len(good) >= scaled(3, 20)
    assert {run: found for run in good if (found := marks(run))} == {}


@pytest.mark.parametrize(
    ("run_number", "name", "expected"),
    [
        (315363, CHARGE, Obstacle.OTHER_BINNING),
        (315363, HITS, None),
        (315265, MAP, Obstacle.FEW_ENTRIES),
        (315265, TRACKS, Obstacle.FEW_ENTRIES),
        (315264, MAP, None),
        (315264, TRACKS, None),
    ],
)
def test_what_cannot_be_compared(run_number, name, expected):
    assert obstacle(run_sum(run_number, name), run_sum(REFERENCE, name)) == expected


def test_missing_element_and_missing_reference():
    assert obstacle(None, run_sum(REFERENCE, HITS)) == Obstacle.ELEMENT_MISSING
    assert obstacle(RunSum(), run_sum(REFERENCE, HITS)) == Obstacle.ELEMENT_MISSING
    assert obstacle(run_sum(REFERENCE, HITS), None) == Obstacle.REFERENCE_MISSING
