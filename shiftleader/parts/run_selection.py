"""Which runs Run Registry is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

MAX_RUNS_ASKED = 3000  # run numbers: a minute of asking
# Runs of a week lie together; what is further apart than this was certified for another reason.
MAX_RUN_GAP = 200


def runs_to_ask(certified: Iterable[int], spans: Iterable[tuple[int, int]] = ()) -> list[int]:
    """The runs of the spans where these are given and not too many; else those certified and between; newest first."""
    spans = list(spans)
    if spans and sum(last - first + 1 for first, last in spans) <= MAX_RUNS_ASKED:
        return sorted({number for first, last in spans for number in range(first, last + 1)}, reverse=True)
    numbers = sorted(set(certified))
    between = {number for low, high in pairwise(numbers) if high - low <= MAX_RUN_GAP for number in range(low, high)}
    inside = {number for number in between if not spans or any(first <= number <= last for first, last in spans)}
    wanted = inside | set(numbers)
    return sorted(wanted if len(wanted) <= MAX_RUNS_ASKED else numbers, reverse=True)
