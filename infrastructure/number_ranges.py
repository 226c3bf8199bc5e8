"""Ranges of whole numbers, such as runs or lumisections: (first, last), both included.

Functions that return ranges return them minimal: sorted, disjoint, merged where they touch.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NumberRange = tuple[int, int]
NumberRanges = tuple[NumberRange, ...]

MAX_DIGITS = 7
MAX_NAMED = 5  # sentences in the message of `RangesInvalid`
_SEPARATORS = re.compile(r"[ ,;]+")
_DASHES = re.compile(r" ?[-‐‑‒–—−] ?")  # hyphens, dashes and the minus sign
_ONE = re.compile(r"(?P<first>[0-9]+)(?:-(?P<last>[0-9]+))?")


class RangesInvalid(ValueError):
    """A text is no list of ranges. The message names the parts, each with what to write instead."""


def merged_ranges(ranges: Iterable[NumberRange]) -> list[NumberRange]:
    """Return the ranges sorted, overlapping and adjacent ones as one."""
    merged: list[NumberRange] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged


def common_ranges(ranges: Iterable[NumberRange], others: Iterable[NumberRange]) -> list[NumberRange]:
    """Return what is in both."""
    kept, removed = merged_ranges(ranges), merged_ranges(others)
    return ranges_without(kept, ranges_without(kept, removed))


def ranges_without(ranges: Iterable[NumberRange], removed: Iterable[NumberRange]) -> list[NumberRange]:
    """Return `ranges` without the numbers that are in `removed`."""
    left: list[NumberRange] = []
    gaps = deque(merged_ranges(removed))
    for first, last in merged_ranges(ranges):
        while gaps and gaps[0][1] < first:
            gaps.popleft()
        for gap_first, gap_last in gaps:
            if gap_first > last:
                break
            if gap_first > first:
                left.append((first, gap_first - 1))
            first = gap_last + 1  # noqa: PLW2901 - the rest of the range
        if first <= last:
            left.append((first, last))
    return left


def count_numbers(ranges: Iterable[NumberRange]) -> int:
    """Return how many numbers are in disjoint ranges."""
    return sum(last - first + 1 for first, last in ranges)


def format_ranges(ranges: Iterable[NumberRange]) -> str:
    """Format ranges as "310-330, 352"."""
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in ranges)


def parse_ranges(text: str) -> NumberRanges:
    """Return the ranges that a person typed, such as "310-330, 352". Empty text has none.

    Commas, semicolons and white space separate; every dash is accepted. Raises `RangesInvalid`.
    """
    in_one_line = " ".join(text.split())  # so that the pattern of dashes meets no long white space
    parts = list(filter(None, _SEPARATORS.split(_DASHES.sub("-", in_one_line))))
    found = [span for span in map(_read_range, parts) if span and 1 <= span[0] <= span[1]]
    ranges = sorted(found)
    problems = [*_unreadable(parts), *_overlaps(ranges)]
    if problems:
        more = len(problems) - MAX_NAMED
        raise RangesInvalid(" ".join([*problems[:MAX_NAMED], *([f"{more} more are wrong."] if more > 0 else [])]))
    return tuple(merged_ranges(ranges))


def _read_range(part: str) -> NumberRange | None:
    """Return the two numbers of a part, in any order; None if it has none."""
    found = _ONE.fullmatch(part)
    if not found or max(map(len, filter(None, found.groups()))) > MAX_DIGITS:
        return None
    return int(found["first"]), int(found["last"] or found["first"])


def _unreadable(parts: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each part that is no range; those without numbers have one together."""
    spans = {part: _read_range(part) for part in parts}
    if unread := [f"“{part}”" if len(part) <= 30 else f"“{part[:30]}…”" for part, span in spans.items() if not span]:
        shown = ", ".join([*unread[:MAX_NAMED], *([f"{len(unread) - MAX_NAMED} more"] if unread[MAX_NAMED:] else [])])
        verb = "are no ranges" if unread[1:] else "is no range"
        yield f"{shown} {verb} of lumisections. Write ranges as 310-330, 352."
    for part, span in spans.items():
        if span and span[0] < 1:
            yield f"“{part}” begins at {span[0]}. Lumisections begin at 1."
        elif span and span[1] < span[0]:
            yield f"“{part}” ends before it begins. Write {span[1]}-{span[0]}."


def _overlaps(ranges: Iterable[NumberRange]) -> list[str]:
    """Return a sentence for each pair of sorted ranges that overlap, each once."""
    pairs = [
        f"{format_ranges([one])} and {format_ranges([other])}" for one, other in pairwise(ranges) if other[0] <= one[1]
    ]
    return [f"{pair} overlap. Write each lumisection once." for pair in dict.fromkeys(pairs)]
