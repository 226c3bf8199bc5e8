"""Reads the lumisections that pages asked for: segments from OMS, flags from Run Registry, both at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from certify.ranges.models import LumisectionRequest
from infrastructure.cache.file_lock import file_lock_if_free
from infrastructure.http.parallel import start_in_thread
from infrastructure.http.results import Found, Missing, Unreachable
from oms.lumisections.client import RunLumisections, fetch_lumisections
from oms.lumisections.mirror import store_lumisections
from registry.flag_ranges import fetch_flag_ranges
from registry.models import store_flag_ranges

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


@dataclass
class LumisectionsResult:
    """The result of the command: numbers of the runs that were read, and a sentence for each failure.

    `was_running`: another one was running, nothing was done.
    """

    runs: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    was_running: bool = False


def read_requested_lumisections(budget: Budget, numbers: Collection[int] = ()) -> LumisectionsResult:
    """Serve the requests that are due, oldest first, while the budget lasts; with `numbers`, these runs only."""
    with file_lock_if_free("lumisections") as is_alone:
        if not is_alone:
            return LumisectionsResult(was_running=True)
        result = LumisectionsResult()
        answered: set[int] = set()
        while budget.remaining() and (request := _next_request(numbers)):
            _serve(request, budget, result, answered)
        return result


def _next_request(numbers: Collection[int]) -> LumisectionRequest | None:
    due = LumisectionRequest.objects.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()))
    return (due.filter(run_number__in=numbers) if numbers else due).first()


def _serve(request: LumisectionRequest, budget: Budget, result: LumisectionsResult, answered: set[int]) -> None:
    """Read one request. What one service gave is stored although the other failed.

    `answered`: the runs for which OMS has just answered, for another dataset; it is not queried for them again.
    """
    number, name = request.run_number, request.registry_name
    flags_call = start_in_thread(lambda: fetch_flag_ranges(number, name, budget)) if name else None
    lumisections = None if number in answered else fetch_lumisections(number, budget)
    if isinstance(lumisections, Found | Missing):
        _store(number, lumisections)
        answered.add(number)
    flags = flags_call.result() if flags_call else None
    if isinstance(flags, Found):
        store_flag_ranges(number, name, flags.value, flags.asked_at)
    failures = [answer.sentence for answer in (lumisections, flags) if isinstance(answer, Unreachable)]
    if failures:
        _postpone(request, failures)
        result.problems += [f"{request}: {sentence}" for sentence in failures]
    else:
        request.delete()
        result.runs.append(number)


def _store(number: int, answer: Found[RunLumisections] | Missing) -> None:
    """Store what OMS gave; also that it has no lumisections of the run."""
    if isinstance(answer, Found):
        store_lumisections(number, answer.value.rows, answer.asked_at, answer.left_out)
    else:
        store_lumisections(number, (), answer.asked_at)


def _postpone(request: LumisectionRequest, failures: list[str]) -> None:
    """Set when the request is served again: after 30 s, then after twice the time, at most an hour."""
    request.attempts = min(request.attempts + 1, 20)
    request.problem = " ".join(failures)
    request.retry_at = timezone.now() + min(FIRST_WAIT * 2 ** (request.attempts - 1), LONGEST_WAIT)
    request.save(update_fields=["attempts", "problem", "retry_at"])
