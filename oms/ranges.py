"""Covers a set of numbers with a few ranges, because OMS has no OR operator."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_RANGES = 8
# Reading up to this many unwanted rows is cheaper than another request.
MAX_GAP = 50
# The page size of OMS. A longer range would be read page after page, whereas ranges are read in parallel.
MAX_NUMBERS = 1000


@dataclass(frozen=True)
class NumberRange:
    """Numbers from first to last, both included."""

    first: int
    last: int

    def as_filter(self, key: str) -> dict[str, int]:
        """Return the query parameters of the range for the attribute `key`. OMS combines two filters with AND."""
        if self.first == self.last:
            return {f"filter[{key}][EQ]": self.first}
        return {f"filter[{key}][GE]": self.first, f"filter[{key}][LE]": self.last}


def covering_ranges(numbers: Iterable[int]) -> list[NumberRange]:
    """Return ranges that contain all numbers: at most eight, or as many as needed with 1000 numbers in each.

    The ranges have the smallest common width that achieves this. Neighbours with a small gap are merged afterwards.
    """
    wanted = sorted(set(numbers))
    limit = max(MAX_RANGES, len(_ranges_of_width(wanted, MAX_NUMBERS)))
    min_width = (
        bisect_left(range(1, MAX_NUMBERS), True, key=lambda width: len(_ranges_of_width(wanted, width)) <= limit) + 1
    )
    return _merged_neighbours(_ranges_of_width(wanted, min_width))


def _ranges_of_width(wanted: list[int], width: int) -> list[NumberRange]:
    """Return the fewest ranges that contain the sorted numbers, none longer than `width`."""
    ranges: list[NumberRange] = []
    for number in wanted:
        if ranges and number - ranges[-1].first < width:
            ranges[-1] = NumberRange(ranges[-1].first, number)
        else:
            ranges.append(NumberRange(number, number))
    return ranges


def _merged_neighbours(ranges: list[NumberRange]) -> list[NumberRange]:
    """Merge neighbours that are at most `MAX_GAP` apart and fit into one page together."""
    merged: list[NumberRange] = []
    for span in ranges:
        previous = merged[-1] if merged else None
        if previous and span.first - previous.last <= MAX_GAP and span.last - previous.first < MAX_NUMBERS:
            merged[-1] = NumberRange(previous.first, span.last)
        else:
            merged.append(span)
    return merged
