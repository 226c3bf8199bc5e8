"""Serves requests for readings of the flags of other detectors, three datasets side by side.

Each reading is stored as it comes, so that a reading that was interrupted goes on where it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from infrastructure.database.job_lock import job_lock
from infrastructure.http.parallel import run_parallel
from infrastructure.http.results import Found, Missing, Unreachable
from registry.dataset_status import ambiguous_dataset, missing_dataset
from registry.models import OtherFlagsRequest
from registry.other_flags.client import fetch_listed, fetch_other_flags
from registry.other_flags.store import store_other_flags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infrastructure.http.budget import Budget
    from infrastructure.http.results import ExplainedResult
    from registry.other_flags.parsing import ListedDataset, OtherFlags

BLOCK_SIZE = 30  # requests whose datasets are listed by one call
MAX_PARALLEL = 3
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


@dataclass
class ReadingResult:
    """How many datasets were read, how many of them had changed, and a sentence for each failure.

    `was_running`: another process reads, nothing was done.
    """

    read: int = 0
    changed: int = 0
    problems: list[str] = field(default_factory=list)
    was_running: bool = False


def read_requested_flags(budget: Budget) -> ReadingResult:
    """Serve the requests that are due, oldest first, while the budget lasts."""
    with job_lock("other_flags") as is_alone:
        result = ReadingResult(was_running=not is_alone)
        served: set[int] = set()
        while is_alone and budget.is_sufficient() and (block := _due_requests(served)):
            served |= {request.pk for request in block}
            _serve(block, budget, result)
        return result


def _due_requests(served: set[int]) -> list[OtherFlagsRequest]:
    due = OtherFlagsRequest.objects.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()), is_waiting=True)
    return list(due.exclude(pk__in=served).order_by("requested_at", "pk")[:BLOCK_SIZE])


def _serve(block: list[OtherFlagsRequest], budget: Budget, result: ReadingResult) -> None:
    listed = fetch_listed({request.run_number for request in block}, budget)
    if isinstance(listed, Unreachable):
        for request in block:
            _postpone(request, listed, result)
        return
    found = [(request, _dataset_of(request, listed.value)) for request in block]
    for request, dataset in found:
        if isinstance(dataset, Missing):
            _give_up(request, dataset, result)
    listed_requests = [(request, dataset) for request, dataset in found if not isinstance(dataset, Missing)]
    for start in range(0, len(listed_requests), MAX_PARALLEL):
        _read(listed_requests[start : start + MAX_PARALLEL], budget, result)


def _dataset_of(request: OtherFlagsRequest, listed: Iterable[ListedDataset]) -> ListedDataset | Missing:
    number, name = request.run_number, request.dataset_name
    same = [dataset for dataset in listed if (dataset.run_number, dataset.name) == (number, name)]
    if len(same) == 1:
        return same[0]
    return ambiguous_dataset(number, name) if same else missing_dataset(number, name)


def _read(pairs: list[tuple[OtherFlagsRequest, ListedDataset]], budget: Budget, result: ReadingResult) -> None:
    answers = run_parallel([partial(fetch_other_flags, dataset, budget) for _, dataset in pairs], MAX_PARALLEL)
    for (request, _), answer in zip(pairs, answers, strict=True):
        if isinstance(answer, Found):
            _store(request, answer, result)
        elif isinstance(answer, Missing):
            _give_up(request, answer, result)
        elif answer:
            _postpone(request, answer, result)


def _store(request: OtherFlagsRequest, answer: Found[OtherFlags], result: ReadingResult) -> None:
    _, is_new = store_other_flags(request.run_number, request.dataset_name, answer.value)
    result.read += 1
    result.changed += is_new
    _end(request, "")


def _give_up(request: OtherFlagsRequest, answer: Missing, result: ReadingResult) -> None:
    """End a request that Run Registry answered without a reading; it has to be left again."""
    result.problems.append(f"{request}: {answer.reason}.")
    _end(request, answer.sentence)


def _end(request: OtherFlagsRequest, problem: str) -> None:
    """End a request, unless it was left again meanwhile."""
    same = OtherFlagsRequest.objects.filter(pk=request.pk, requested_at=request.requested_at)
    same.update(is_waiting=False, answered_at=timezone.now(), attempts=0, retry_at=None, problem=problem)


def _postpone(request: OtherFlagsRequest, answer: ExplainedResult, result: ReadingResult) -> None:
    """Set when the request is served again: after 30 s, then after twice the time, at most an hour."""
    result.problems.append(f"{request}: {answer.reason}.")
    attempts = min(request.attempts + 1, 20)
    retry_at = timezone.now() + min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    same = OtherFlagsRequest.objects.filter(pk=request.pk, requested_at=request.requested_at)
    same.update(attempts=attempts, retry_at=retry_at, problem=f"{answer.reason}.")
