"""Queries of Run Registry for many runs: the flags of all their datasets, and the open datasets.

Runs are requested in blocks, in parallel. A block has neighbouring run numbers, of which the span from the first wanted
run to the last is requested; or listed runs, however far apart, which is fewer requests for few runs. Each response is
cached for `CACHE_LIFETIME`, so a retry after a failure requests only what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

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

BLOCK_SIZE = 50  # run numbers, or runs, per request: some hundred rows of 6 kB each
MAX_PARALLEL = 4
PAGE_SIZE = 500
CACHE_LIFETIME = timedelta(minutes=10)
FlaggedDatasetsResult = Found[list[FlaggedDataset]] | Unreachable


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


class _Block(NamedTuple):
    """The wanted runs that one request covers, newest first."""

    runs: tuple[int, ...]
    run_filter: dict[str, Any]
    cache_key: str

    @property
    def span(self) -> tuple[int, int]:
        return self.runs[-1], self.runs[0]


def flags_of_runs(numbers: Collection[int], budget: Budget, *, since: datetime | None = None) -> RunFlags:
    """Return the datasets of these runs with their flags, including "online".

    Responses cached after `since` (and within the last ten minutes) are used without a request. Errors are returned in
    `problem`, not raised.
    """
    blocks = groupby(sorted(set(numbers), reverse=True), key=lambda number: number // BLOCK_SIZE)
    return _flags_of_blocks([_span_block(tuple(runs)) for _, runs in blocks], budget, since)


def flags_of_listed_runs(numbers: Collection[int], budget: Budget, *, since: datetime | None = None) -> RunFlags:
    """Return the same as `flags_of_runs` in the fewest requests, which other lists of runs cannot use again."""
    runs = sorted(set(numbers), reverse=True)
    blocks = [tuple(runs[start : start + BLOCK_SIZE]) for start in range(0, len(runs), BLOCK_SIZE)]
    return _flags_of_blocks([_listed_block(block) for block in blocks], budget, since)


def _span_block(runs: tuple[int, ...]) -> _Block:
    run_filter = {"run_number": {"and": [{">=": runs[-1]}, {"<=": runs[0]}]}}
    return _Block(runs, run_filter, f"registry.bulk_queries.{runs[0] // BLOCK_SIZE}")


def _listed_block(runs: tuple[int, ...]) -> _Block:
    return _Block(
        runs, run_number_filter(runs), f"registry.bulk_queries.{sha256(repr(runs).encode()).hexdigest()[:32]}"
    )


def _flags_of_blocks(blocks: Collection[_Block], budget: Budget, since: datetime | None) -> RunFlags:
    answers = _cached_answers(blocks, max(filter(None, [since, timezone.now() - CACHE_LIFETIME])))
    missing = [block for block in blocks if block.cache_key not in answers]
    fetched = run_parallel([partial(_fetch, block.run_filter, budget) for block in missing], MAX_PARALLEL)
    for block, answer in zip(missing, fetched, strict=True):
        answers[block.cache_key] = answer
        if isinstance(answer, Found):
            safe_cache.write(block.cache_key, (block.span, answer), CACHE_LIFETIME.total_seconds())
    return _merged_answers(blocks, answers)


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


def _fetch(run_filter: dict[str, Any], budget: Budget) -> FlaggedDatasetsResult:
    asked_at = timezone.now()
    try:
        parsed = parse_flagged_datasets(upstream_client.get_datasets(run_filter, PAGE_SIZE, budget))
        return Found(parsed.rows, asked_at, parsed.unusable)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)


def _cached_answers(blocks: Iterable[_Block], since: datetime) -> dict[str, FlaggedDatasetsResult]:
    """Return the cached responses, by their key, that are not older than `since` and cover the whole span."""
    spans = {block.cache_key: block.span for block in blocks}
    cached = {}
    for key, (cached_span, answer) in safe_cache.read_many(spans).items():
        first, last = spans[key]
        if cached_span[0] <= first and last <= cached_span[1] and answer.asked_at >= since:
            cached[key] = answer
    return cached


def _merged_answers(blocks: Iterable[_Block], answers: dict[str, FlaggedDatasetsResult]) -> RunFlags:
    """Merge the responses into one result, restricted to the wanted runs."""
    found = {key: answer for key, answer in answers.items() if isinstance(answer, Found)}
    answered = frozenset(number for block in blocks if block.cache_key in found for number in block.runs)
    times = [answer.asked_at for answer in answers.values()] or [timezone.now()]
    problems = (answer for answer in answers.values() if isinstance(answer, Unreachable))
    return RunFlags(
        datasets=[dataset for answer in found.values() for dataset in answer.value if dataset.run_number in answered],
        answered=answered,
        first_asked=min(times),
        last_asked=max(times),
        problem=next(problems, None),
        unusable=tuple(text for answer in found.values() for text in answer.left_out),
    )
