"""Selects the runs that Run Registry is queried about."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_RUNS_ASKED = 3000  # run numbers: about a minute of queries
# Runs of a week are close together; across a larger gap the runs between are not queried.
MAX_RUN_GAP = 200


def runs_to_ask(certified: Iterable[int], spans: Iterable[tuple[int, int]] = ()) -> list[int]:
    """Run numbers to query, newest first: all of `spans` if not too many, else certified runs and those between."""
    spans = list(spans)
    if spans and sum(last - first + 1 for first, last in spans) <= MAX_RUNS_ASKED:
        return sorted({number for first, last in spans for number in range(first, last + 1)}, reverse=True)
    numbers = sorted(set(certified))
    between = {number for low, high in pairwise(numbers) if high - low <= MAX_RUN_GAP for number in range(low, high)}
    inside = {number for number in between if not spans or any(first <= number <= last for first, last in spans)}
    wanted = inside | set(numbers)
    return sorted(wanted if len(wanted) <= MAX_RUNS_ASKED else numbers, reverse=True)
