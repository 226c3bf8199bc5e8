"""What Run Registry says of many runs: flags of all their datasets, and which of them are open.

Many runs are asked for in blocks of neighbouring run numbers, side by side, of each block from the first that is wanted
to the last. Each answer is kept for some minutes: who goes on, or asks again after a failure, asks for what is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from django.utils import timezone

from infrastructure.cache import safe_cache
from infrastructure.http.budget import Budget
from infrastructure.http.errors import RemoteError
from infrastructure.http.parallel import run_parallel
from infrastructure.http.results import Found, Unreachable
from registry import upstream_client
from registry.client import run_number_filter
from registry.flags import FlaggedDataset, parse_flagged_datasets

BLOCK_SIZE = 50  # run numbers in one call: some hundred rows, of 6 kB each
MAX_PARALLEL = 4
PAGE_SIZE = 500
CACHE_LIFETIME = timedelta(minutes=10)
FlaggedDatasetsResult = Found[list[FlaggedDataset]] | Unreachable
Span = tuple[int, int]


@dataclass(frozen=True)
class RunFlags:
    """The datasets of the runs whose blocks were `answered`; a `problem` where some were not. Times in UTC."""

    datasets: list[FlaggedDataset]
    answered: frozenset[int]
    first_asked: datetime
    last_asked: datetime
    problem: Unreachable | None


def flags_of_runs(numbers: Collection[int], budget: Budget, *, since: datetime | None = None) -> RunFlags:
    """The datasets of these runs with their flags, "online" among them.

    What was answered after `since` (at the most ten minutes ago) is not asked for again.
    """
    spans = _block_spans(numbers)
    kept = _cached_answers(spans, max(filter(None, [since, timezone.now() - CACHE_LIFETIME])))
    missing = [span for span in spans if span not in kept]
    fresh = dict(
        zip(missing, run_parallel([partial(_fetch_span, span, budget) for span in missing], MAX_PARALLEL), strict=True)
    )
    for span, answer in fresh.items():
        if isinstance(answer, Found):
            safe_cache.write(_cache_key(span), (span, answer), CACHE_LIFETIME.total_seconds())
    return _merged_answers(set(numbers), {**kept, **fresh})


def _block_spans(numbers: Iterable[int]) -> list[Span]:
    """The first and the last of the runs in each block, newest block first."""
    blocks = groupby(sorted(set(numbers), reverse=True), key=lambda number: number // BLOCK_SIZE)
    some = (list(found) for _, found in blocks)
    return [(found[-1], found[0]) for found in some]


def open_datasets_of(numbers: Collection[int], budget: Budget) -> FlaggedDatasetsResult:
    """Of these runs what is open for Tracker; nothing for no runs."""
    if not numbers:
        return Found([], timezone.now())
    return _fetch({**run_number_filter(numbers), **_open_filter()}, budget)


def open_datasets_between(first: datetime, end: datetime, budget: Budget) -> FlaggedDatasetsResult:
    """Of the runs that began from `first` until before `end` what is open for Tracker."""
    began = {"start_time": {"and": [{">=": _timestamp(first)}, {"<": _timestamp(end)}]}}
    return _fetch({**began, **_open_filter()}, budget)


def _open_filter() -> dict[str, Any]:
    """New for each call: the client changes the filters it is given."""
    return {"tracker_state": {"=": "OPEN"}}


def _timestamp(at: datetime) -> str:
    """A time as Run Registry keeps OMS's: text, so that only the same form compares."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _fetch_span(span: Span, budget: Budget) -> FlaggedDatasetsResult:
    first, last = span
    return _fetch({"run_number": {"and": [{">=": first}, {"<=": last}]}}, budget)


def _fetch(run_filter: dict[str, Any], budget: Budget) -> FlaggedDatasetsResult:
    asked_at = timezone.now()
    try:
        return Found(parse_flagged_datasets(upstream_client.get_datasets(run_filter, PAGE_SIZE, budget)), asked_at)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)


def _cache_key(span: Span) -> str:
    return f"registry.flags.{span[0] // BLOCK_SIZE}"


def _cached_answers(spans: Iterable[Span], since: datetime) -> dict[Span, FlaggedDatasetsResult]:
    """The answers kept that are young enough and of all of a span."""
    keys = {_cache_key(span): span for span in spans}
    found = {}
    for key, (of, answer) in safe_cache.read_many(keys).items():
        first, last = keys[key]
        if of[0] <= first and last <= of[1] and answer.asked_at >= since:
            found[first, last] = answer
    return found


def _merged_answers(wanted: set[int], answers: dict[Span, FlaggedDatasetsResult]) -> RunFlags:
    """The answers as one, of the wanted runs alone."""
    found = {span[0] // BLOCK_SIZE: answer for span, answer in answers.items() if isinstance(answer, Found)}
    times = [answer.asked_at for answer in answers.values()] or [timezone.now()]
    problems = (answer for answer in answers.values() if isinstance(answer, Unreachable))
    return RunFlags(
        datasets=[one for answer in found.values() for one in answer.value if one.run_number in wanted],
        answered=frozenset(number for number in wanted if number // BLOCK_SIZE in found),
        first_asked=min(times),
        last_asked=max(times),
        problem=next(problems, None),
    )
