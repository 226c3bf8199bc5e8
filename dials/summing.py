"""Sums of histograms over lumisections, and figures of each lumisection. Pure.

Mean and spread (the standard deviation) are those of the contents inside the axis, in its unit, each bin at its
centre; not a number for a lumisection without contents. Maps have the number of empty bins instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import nan, sqrt
from operator import add, mul
from typing import TYPE_CHECKING

from dials.service import DIALS
from infrastructure.http.errors import WrongShape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dials.wire_types import Axis, Binning, HistogramRow


@dataclass
class RunSum:
    """An element over lumisections of a run. All lists but `sums` are by lumisection, in the order of `numbers`.

    `sums`: the contents by bin. `entries`: with those outside of the axes. `means`, `spreads`: of one dimension, in
    the unit of the axis. `empty_bins`: of maps.
    """

    binning: Binning | None = None
    sums: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    means: list[float] = field(default_factory=list)
    spreads: list[float] = field(default_factory=list)
    empty_bins: list[int] = field(default_factory=list)

    def add(self, rows: Iterable[HistogramRow]) -> None:
        """Add histograms. Raises `WrongShape` for one with another binning."""
        for row in rows:
            self._add_contents(row)
            self.numbers.append(row.lumisection)
            self.entries.append(row.entries)
            if row.binning.y:
                self.empty_bins.append(row.contents.count(0))
            else:
                mean, spread = mean_and_spread(row.contents, row.binning.x)
                self.means.append(mean)
                self.spreads.append(spread)

    def merge(self, other: RunSum) -> None:
        """Add what was summed of other lumisections, and sort by lumisection. Raises `WrongShape` as `add`."""
        if other.binning is None:
            return
        if self.binning is not None and self.binning != other.binning:
            raise WrongShape(DIALS, key="x_bin")
        self.binning = other.binning
        self.sums = list(map(add, self.sums, other.sums)) if self.sums else list(other.sums)
        for name in ("numbers", "entries", "means", "spreads", "empty_bins"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self._sort()

    def _add_contents(self, row: HistogramRow) -> None:
        if self.binning is None:
            self.binning, self.sums = row.binning, list(row.contents)
        elif self.binning != row.binning:
            raise WrongShape(DIALS, key="x_bin")
        else:
            self.sums = list(map(add, self.sums, row.contents))

    def _sort(self) -> None:
        """Restore the order of the lumisections, which a late one breaks."""
        if all(number < following for number, following in pairwise(self.numbers)):
            return
        order = sorted(range(len(self.numbers)), key=self.numbers.__getitem__)
        for name in ("numbers", "entries", "means", "spreads", "empty_bins"):
            values = getattr(self, name)
            setattr(self, name, [values[place] for place in order] if values else [])


def mean_and_spread(contents: Sequence[float], axis: Axis) -> tuple[float, float]:
    """Return mean and standard deviation of contents by bin, in the unit of the axis; not a number without contents."""
    total = sum(contents)
    if not total:
        return nan, nan
    places = range(axis.bins)
    mean = sum(map(mul, contents, places)) / total
    square = sum(map(mul, contents, [(place - mean) ** 2 for place in places])) / total
    return axis.low + (mean + 0.5) * axis.bin_width, sqrt(square) * axis.bin_width
