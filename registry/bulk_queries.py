"""Queries of Run Registry for many runs: the flags of all their datasets, and the open datasets.

Runs are requested in blocks of neighbouring run numbers, in parallel; of each block the span from the first wanted run
to the last. Each response is cached for `CACHE_LIFETIME`, so a retry after a failure requests only what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from infrastructure.cache import safe_cache
from infrastructure.http.errors import RemoteError
from infrastructure.http.parallel import run_parallel
from infrastructure.http.results import Found, Unreachable
from registry import upstream_client
from registry.client import run_number_filter
from registry.flags import FlaggedDataset, parse_flagged_datasets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from infrastructure.http.budget import Budget

BLOCK_SIZE = 50  # run numbers per request: some hundred rows of 6 kB each
MAX_PARALLEL = 4
PAGE_SIZE = 500
CACHE_LIFETIME = timedelta(minutes=10)
FlaggedDatasetsResult = Found[list[FlaggedDataset]] | Unreachable
Span = tuple[int, int]


@dataclass(frozen=True)
class RunFlags:
    """The datasets of the runs in `answered`. `problem` is the first error of the other runs. Times are UTC.

    `unusable`: a text for each row of the answers that cannot be used.
    """

    datasets: list[FlaggedDataset]
    answered: frozenset[int]
    first_asked: datetime
    last_asked: datetime
    problem: Unreachable | None
    unusable: tuple[str, ...] = ()


def flags_of_runs(numbers: Collection[int], budget: Budget, *, since: datetime | None = None) -> RunFlags:
    """Return the datasets of these runs with their flags, including "online".

    Responses cached after `since` (and within the last ten minutes) are used without a request. Errors are returned in
    `problem`, not raised.
    """
    spans = _block_spans(numbers)
    cached = _cached_answers(spans, max(filter(None, [since, timezone.now() - CACHE_LIFETIME])))
    missing = [span for span in spans if span not in cached]
    fetched = dict(
        zip(missing, run_parallel([partial(_fetch_span, span, budget) for span in missing], MAX_PARALLEL), strict=True)
    )
    for span, answer in fetched.items():
        if isinstance(answer, Found):
            safe_cache.write(_cache_key(span), (span, answer), CACHE_LIFETIME.total_seconds())
    return _merged_answers(set(numbers), {**cached, **fetched})


def _block_spans(numbers: Iterable[int]) -> list[Span]:
    """Return the first and the last run of each block, newest block first."""
    blocks = groupby(sorted(set(numbers), reverse=True), key=lambda number: number // BLOCK_SIZE)
    runs_of_blocks = (list(runs) for _, runs in blocks)
    return [(runs[-1], runs[0]) for runs in runs_of_blocks]


def open_datasets_of(numbers: Collection[int], budget: Budget) -> FlaggedDatasetsResult:
    """Return the datasets of these runs that are open for Tracker. Without runs no request is made."""
    if not numbers:
        return Found([], timezone.now())
    return _fetch({**run_number_filter(numbers), **_open_filter()}, budget)


def all_open_datasets(budget: Budget) -> FlaggedDatasetsResult:
    """Return the datasets of all runs that are open for Tracker."""
    return _fetch(_open_filter(), budget)


def open_datasets_between(first: datetime, end: datetime, budget: Budget) -> FlaggedDatasetsResult:
    """Return the datasets open for Tracker of the runs with `first` <= start time < `end`."""
    start_filter = {"start_time": {"and": [{">=": _timestamp(first)}, {"<": _timestamp(end)}]}}
    return _fetch({**start_filter, **_open_filter()}, budget)


def _open_filter() -> dict[str, Any]:
    """Return a new filter for each request, because the client modifies its argument."""
    return {"tracker_state": {"=": "OPEN"}}


def _timestamp(at: datetime) -> str:
    """Format a time as Run Registry stores it: it compares times as text, so the format must be the same."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _fetch_span(span: Span, budget: Budget) -> FlaggedDatasetsResult:
    first, last = span
    return _fetch({"run_number": {"and": [{">=": first}, {"<=": last}]}}, budget)


def _fetch(run_filter: dict[str, Any], budget: Budget) -> FlaggedDatasetsResult:
    asked_at = timezone.now()
    try:
        parsed = parse_flagged_datasets(upstream_client.get_datasets(run_filter, PAGE_SIZE, budget))
        return Found(parsed.rows, asked_at, parsed.unusable)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)


def _cache_key(span: Span) -> str:
    return f"registry.bulk_queries.{span[0] // BLOCK_SIZE}"


def _cached_answers(spans: Iterable[Span], since: datetime) -> dict[Span, FlaggedDatasetsResult]:
    """Return the cached responses that are not older than `since` and cover the whole span."""
    keys = {_cache_key(span): span for span in spans}
    cached = {}
    for key, (cached_span, answer) in safe_cache.read_many(keys).items():
        first, last = keys[key]
        if cached_span[0] <= first and last <= cached_span[1] and answer.asked_at >= since:
            cached[first, last] = answer
    return cached


def _merged_answers(wanted: set[int], answers: dict[Span, FlaggedDatasetsResult]) -> RunFlags:
    """Merge the responses into one result, restricted to the wanted runs."""
    cached = {span[0] // BLOCK_SIZE: answer for span, answer in answers.items() if isinstance(answer, Found)}
    times = [answer.asked_at for answer in answers.values()] or [timezone.now()]
    problems = (answer for answer in answers.values() if isinstance(answer, Unreachable))
    return RunFlags(
        datasets=[dataset for answer in cached.values() for dataset in answer.value if dataset.run_number in wanted],
        answered=frozenset(number for number in wanted if number // BLOCK_SIZE in cached),
        first_asked=min(times),
        last_asked=max(times),
        problem=next(problems, None),
        unusable=tuple(text for answer in cached.values() for text in answer.left_out),
    )
