"""What DIALS answers, as frozen values. Contents of bins are numbers of entries, edges are in the unit of the axis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunInDataset:
    """A run in a dataset of DIALS. `completeness`: of its lumisections, as DIALS 2 gives it; None before that."""

    dataset_id: int
    dataset: str
    run_number: int
    lumisection_count: int
    completeness: float | None = None


@dataclass(frozen=True)
class ElementInDials:
    """A monitoring element. `element_id` is that of one workspace of one installation; `dimensions` is 1 or 2."""

    element_id: int
    name: str
    dimensions: int


@dataclass(frozen=True)
class Axis:
    """Uniform bins from the low edge of the first to the high edge of the last."""

    low: float
    high: float
    bins: int

    @property
    def bin_width(self) -> float:
        return (self.high - self.low) / self.bins


@dataclass(frozen=True)
class Binning:
    """The axes of a histogram; `y` is None for one dimension."""

    x: Axis
    y: Axis | None = None

    @property
    def bin_count(self) -> int:
        return self.x.bins * (self.y.bins if self.y else 1)


@dataclass(frozen=True)
class HistogramRow:
    """The histogram of a lumisection. `contents`: by bin, of two dimensions row by row of y, without overflow.

    `entries` include those outside of the axes.
    """

    lumisection: int
    binning: Binning
    entries: int
    contents: list[float]
