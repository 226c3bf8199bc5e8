"""How a run compares with a reference: overlay, ratio, shift, distance, rank, change point, bins of maps. Pure.

There is no probability here: with 10^8 entries a gain that differs by 1 %, as it does between good runs, is
"impossible". How large a difference is follows from what good runs have (`rank`). Numbers that grow with pile-up, such
as that of tracks, are compared by unit of it (`per_pileup`), never raw.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import accumulate, pairwise
from math import inf, isfinite, nan, sqrt
from statistics import median
from typing import TYPE_CHECKING

from dials.summing import mean_and_spread

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from dials.summing import RunSum
    from dials.wire_types import Axis

MIN_RANKED = 10
# A step by less than ten times the noise from lumisection to lumisection is not shown: good runs have up to nine.
MIN_STEP, MIN_SIDE = 10.0, 5
# Lumisections with less than this fraction of the usual entries have other noise, of the pile-up another mean.
MIN_ENTRIES_FRACTION, MIN_PILEUP_FRACTION = 0.3, 0.5
DEAD_BELOW, MIN_BIN_ENTRIES = 0.8, 400
MIN_ENTRIES = 10_000  # with them the mean is known to 1 % of the spread
_NORMAL_MAD = 1.4826  # from the median absolute deviation to the standard deviation of a normal distribution


class Obstacle(Enum):
    """Why an element of a run cannot be compared with the reference."""

    ELEMENT_MISSING = "element missing"
    REFERENCE_MISSING = "reference missing"
    OTHER_BINNING = "other binning"
    FEW_ENTRIES = "few entries"


@dataclass(frozen=True)
class MeanShift:
    """By how much the mean differs from that of the reference: in the unit of the axis, and relative to that mean.

    `relative` is None where the mean of the reference is small compared with the spread, as on an axis around zero.
    """

    absolute: float
    relative: float | None


@dataclass(frozen=True)
class ChangePoint:
    """From lumisection `first` on the values are different: the step, and as a multiple of the noise."""

    first: int
    step: float
    significance: float


@dataclass(frozen=True)
class ChangedBins:
    """Bins of a map, by index, with less than 0.8 of what the reference has (`dead`), and the reverse (`returned`)."""

    dead: list[int]
    returned: list[int]


def obstacle(run: RunSum | None, reference: RunSum | None) -> Obstacle | None:
    """Return why the two cannot be compared, or None. `reference` is None where it or its element is not in DIALS."""
    if run is None or run.binning is None:
        return Obstacle.ELEMENT_MISSING
    if reference is None or reference.binning is None:
        return Obstacle.REFERENCE_MISSING
    if run.binning != reference.binning:
        return Obstacle.OTHER_BINNING
    return Obstacle.FEW_ENTRIES if _has_few_entries(run) or _has_few_entries(reference) else None


def _has_few_entries(run_sum: RunSum) -> bool:
    """Return whether the mean is uncertain, or of a map the usual bin that is not empty."""
    if run_sum.binning and run_sum.binning.y:
        return median([count for count in run_sum.sums if count] or [0]) < MIN_BIN_ENTRIES
    return sum(run_sum.sums) < MIN_ENTRIES


def to_area_one(contents: Sequence[float]) -> list[float]:
    """Return the contents with the sum 1; all 0 without contents."""
    total = sum(contents)
    return [value / total for value in contents] if total else [0.0] * len(contents)


def ratios(run: Sequence[float], reference: Sequence[float]) -> list[tuple[float, float] | None]:
    """Return run over reference, both at area 1, with its error of counting (sqrt N), for each bin; None where empty.

    A bin that is empty in the run alone has the ratio 0, with the error of one entry.
    """
    scale = sum(reference) / (sum(run) or inf)
    return [
        (here / there * scale, max(here, 1) / there * scale * sqrt(1 / max(here, 1) + 1 / there)) if there else None
        for here, there in zip(run, reference, strict=True)
    ]


def mean_shift(run: Sequence[float], reference: Sequence[float], axis: Axis) -> MeanShift | None:
    """Return the difference of the means; None if one of them has no contents."""
    here, _ = mean_and_spread(run, axis)
    there, spread = mean_and_spread(reference, axis)
    if not (isfinite(here) and isfinite(there)):
        return None
    is_around_zero = abs(there) < 0.5 * spread or not there
    return MeanShift(here - there, None if is_around_zero else (here - there) / there)


def distance(run: Sequence[float], reference: Sequence[float], axis: Axis) -> float | None:
    """Return by how much entries would have to move for equal forms, in the unit of the axis (Wasserstein distance).

    None if one of the two has no contents.
    """
    if not sum(run) or not sum(reference):
        return None
    sums = zip(accumulate(to_area_one(run)), accumulate(to_area_one(reference)), strict=True)
    return sum(abs(here - there) for here, there in sums) * axis.bin_width


def rank(value: float, of_good_runs: Sequence[float]) -> int | None:
    """Return how many of these values are smaller; None below ten, which say nothing."""
    return sum(other < value for other in of_good_runs) if len(of_good_runs) >= MIN_RANKED else None


def per_pileup(numbers: Sequence[int], values: Sequence[float], pileups: dict[int, float]) -> list[float]:
    """Return the values of lumisections by unit of pile-up (or of luminosity).

    Not a number where it is unknown, or less than half of the usual: what does not come from collisions counts there.
    """
    lowest = MIN_PILEUP_FRACTION * median([value for value in pileups.values() if value > 0] or [inf])
    return [
        value / pileups[number] if pileups.get(number, 0) >= lowest else nan
        for number, value in zip(numbers, values, strict=True)
    ]


def change_point(run_sum: RunSum, values: Sequence[float], lumisections: Container[int]) -> ChangePoint | None:
    """Return where the values of the lumisections step, or None where that is not beyond doubt.

    `values` are in the order of `run_sum.numbers`. `lumisections`: those to compare, such as those with stable beams
    and the detectors on, since switching them on is a step. The split is that of least squares; its step is taken
    between the lumisections just before and after, so that a drift is none.
    """
    usual = median(run_sum.entries) if run_sum.entries else 0
    points = [
        (number, value)
        for number, value, entries in zip(run_sum.numbers, values, run_sum.entries, strict=True)
        if number in lumisections and isfinite(value) and entries > 0 and entries >= MIN_ENTRIES_FRACTION * usual
    ]
    if len(points) < 2 * MIN_SIDE:
        return None
    numbers, used = [number for number, _ in points], [value for _, value in points]
    place = _split(used)
    step = median(used[place : place + MIN_SIDE]) - median(used[place - MIN_SIDE : place])
    noise = _noise(used)
    significance = abs(step) / noise if noise else (inf if step else 0.0)
    return ChangePoint(numbers[place], step, significance) if significance >= MIN_STEP else None


def changed_bins(run: Sequence[float], reference: Sequence[float]) -> ChangedBins | None:
    """Return the bins whose ratio differs from the median ratio; None if there are too few entries for that.

    Bins in which 400 entries are expected are compared; those that are empty in both are dead for a long time.
    """
    found = [here / there for here, there in zip(run, reference, strict=True) if there and here]
    usual = median(found) if found else 0.0
    dead, returned, compared = [], [], 0
    for index, (here, there) in enumerate(zip(run, reference, strict=True)):
        expected = there * usual
        if max(here, expected) < MIN_BIN_ENTRIES:
            continue
        compared += 1
        if here < DEAD_BELOW * expected:
            dead.append(index)
        elif expected < DEAD_BELOW * here:
            returned.append(index)
    return ChangedBins(dead, returned) if compared else None


def _split(values: Sequence[float]) -> int:
    """Return the first index of the second part, for the smallest sum of squares around the means of both parts."""
    total, count = sum(values), len(values)
    sums = list(accumulate(values))
    places = range(MIN_SIDE, count - MIN_SIDE + 1)
    return max(places, key=lambda at: sums[at - 1] ** 2 / at + (total - sums[at - 1]) ** 2 / (count - at))


def _noise(values: Sequence[float]) -> float:
    """Return the spread from one value to the next, which neither a drift nor a step changes."""
    return _NORMAL_MAD * median(abs(following - value) for value, following in pairwise(values)) / sqrt(2)
