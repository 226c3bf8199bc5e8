"""Numbers merged into a few ranges, since OMS has no OR."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

MAX_RANGES = 8
# Reading this many rows that nobody asked for is cheaper than another call.
MAX_GAP = 50
# More numbers than OMS gives rows at once would be read page after page; ranges are read side by side.
MAX_NUMBERS = 1000


@dataclass(frozen=True)
class NumberRange:
    """Numbers from first to last, both included."""

    first: int
    last: int

    def as_filter(self, key: str) -> dict[str, int]:
        """The range in OMS's query grammar; two filters on one attribute are a range."""
        if self.first == self.last:
            return {f"filter[{key}][EQ]": self.first}
        return {f"filter[{key}][GE]": self.first, f"filter[{key}][LE]": self.last}


def covering_ranges(numbers: Iterable[int]) -> list[NumberRange]:
    """Ranges that hold all the numbers: eight of even width, or as many as it takes with 1000 numbers in each.

    Neighbours with a small gap between them become one again: few calls are better than eight.
    """
    wanted = sorted(set(numbers))
    most = max(MAX_RANGES, len(_ranges_of_width(wanted, MAX_NUMBERS)))
    narrowest = (
        bisect_left(range(1, MAX_NUMBERS), True, key=lambda width: len(_ranges_of_width(wanted, width)) <= most) + 1
    )
    return _merged_neighbours(_ranges_of_width(wanted, narrowest))


def _ranges_of_width(wanted: list[int], width: int) -> list[NumberRange]:
    """As few ranges as hold the numbers when none may span more than `width` numbers."""
    ranges: list[NumberRange] = []
    for number in wanted:
        if ranges and number - ranges[-1].first < width:
            ranges[-1] = NumberRange(ranges[-1].first, number)
        else:
            ranges.append(NumberRange(number, number))
    return ranges


def _merged_neighbours(ranges: list[NumberRange]) -> list[NumberRange]:
    """Neighbours as one where next to nothing lies between them and one page holds them."""
    joined: list[NumberRange] = []
    for span in ranges:
        before = joined[-1] if joined else None
        if before and span.first - before.last <= MAX_GAP and span.last - before.first < MAX_NUMBERS:
            joined[-1] = NumberRange(before.first, span.last)
        else:
            joined.append(span)
    return joined
