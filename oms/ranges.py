"""Numbers merged into a few ranges, since OMS has no OR."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

MOST_RANGES = 8
# Reading this many rows that nobody asked for is cheaper than another call.
FREE_GAP = 50
# More numbers than OMS gives rows at once would be read page after page; ranges are read side by side.
MOST_NUMBERS = 1000


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
    """Ranges that hold all the numbers: eight of even width, or as many as it takes with 1000 numbers in each.

    Neighbours with a small gap between them become one again: few calls are better than eight.
    """
    wanted = sorted(set(numbers))
    most = max(MOST_RANGES, len(_filled(wanted, MOST_NUMBERS)))
    narrowest = bisect_left(range(1, MOST_NUMBERS), True, key=lambda width: len(_filled(wanted, width)) <= most) + 1
    return _joined(_filled(wanted, narrowest))


def _filled(wanted: list[int], width: int) -> list[Range]:
    """As few ranges as hold the numbers when none may span more than `width` numbers."""
    ranges: list[Range] = []
    for number in wanted:
        if ranges and number - ranges[-1].first < width:
            ranges[-1] = Range(ranges[-1].first, number)
        else:
            ranges.append(Range(number, number))
    return ranges


def _joined(ranges: list[Range]) -> list[Range]:
    """Neighbours as one where next to nothing lies between them and one page holds them."""
    joined: list[Range] = []
    for span in ranges:
        before = joined[-1] if joined else None
        if before and span.first - before.last <= FREE_GAP and span.last - before.first < MOST_NUMBERS:
            joined[-1] = Range(before.first, span.last)
        else:
            joined.append(span)
    return joined
