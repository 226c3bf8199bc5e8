"""Numbers merged into a few ranges, since OMS has no OR."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

MOST_RANGES = 8
# Reading this many rows that nobody asked for is cheaper than another call.
FREE_GAP = 50
# More than this is not: the range stays apart, and a ninth call waits for its turn.
WIDEST_GAP = 1000


@dataclass(frozen=True)
class Range:
    """Numbers from first to last, both included."""

    first: int
    last: int

    def as_filter(self, key: str) -> dict[str, int]:
        """The range in OMS's query grammar; two filters on one attribute are a range."""
        if self.first == self.last:
            return {f"filter[{key}][EQ]": self.first}
        return {f"filter[{key}][GE]": self.first, f"filter[{key}][LE]": self.last}


def ranges_over(numbers: Iterable[int]) -> list[Range]:
    """Ranges that hold all the numbers, as few as is sensible: small gaps are read over, then the smallest others."""
    wanted = sorted(set(numbers))
    gaps = [(after - before, before) for before, after in itertools.pairwise(wanted)]
    costly = sorted((gap for gap in gaps if gap[0] > FREE_GAP), reverse=True)
    cuts = costly[: MOST_RANGES - 1] + [gap for gap in costly[MOST_RANGES - 1 :] if gap[0] > WIDEST_GAP]
    return _cut(wanted, {before for _, before in cuts})


def _cut(wanted: list[int], ends: set[int]) -> list[Range]:
    """Ranges that end at `ends` and at the last number."""
    ranges, first = [], None
    for number in wanted:
        first = number if first is None else first
        if number in ends or number == wanted[-1]:
            ranges.append(Range(first, number))
            first = None
    return ranges
