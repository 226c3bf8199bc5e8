"""Reads the lumisections that pages asked for: segments from OMS, flags from Run Registry, both at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from certify.ranges.models import LumisectionRequest
from certify.ranges.requests import FRESH_FOR
from certify.ranges.selectors import stored_lumisections
from infrastructure.database.job_lock import job_lock
from infrastructure.http.parallel import start_in_thread
from infrastructure.http.results import Found, Unreachable
from oms.lumisections.client import fetch_lumisections
from oms.lumisections.mirror import store_lumisections, stored_reading
from registry.flag_ranges import fetch_flag_ranges
from registry.models import store_flag_ranges

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
NOT_STORED = "The lumisections could not be stored."


@dataclass
class LumisectionsResult:
    """The result of the command: numbers of the runs that were read, and a sentence for each failure.

    `was_running`: another one was running, nothing was done.
    """

    runs: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    was_running: bool = False


def read_requested_lumisections(budget: Budget, numbers: Collection[int] = ()) -> LumisectionsResult:
    """Serve the requests that are due, oldest first, while the budget lasts; with `numbers`, these runs only, anew."""
    with job_lock("lumisections") as is_alone:
        if not is_alone:
            return LumisectionsResult(was_running=True)
        server = _Server(budget, numbers)
        served: set[int] = set()
        while budget.is_sufficient() and (request := _next_request(numbers, served)):
            served.add(request.pk)
            server.serve(request)
        return server.result


def _next_request(numbers: Collection[int], served: set[int]) -> LumisectionRequest | None:
    """Return the oldest request that is due and was not served before; of `numbers`, also one that was postponed."""
    waiting = LumisectionRequest.objects.exclude(pk__in=served)
    if numbers:
        return waiting.filter(run_number__in=numbers).first()
    return waiting.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now())).first()


@dataclass
class _Server:
    """Serves requests. `answered`: the runs for which OMS has answered, for another dataset, or that are fresh."""

    budget: Budget
    numbers: Collection[int]
    result: LumisectionsResult = field(default_factory=LumisectionsResult)
    answered: set[int] = field(default_factory=set)

    def serve(self, request: LumisectionRequest) -> None:
        """Read one request. An answer that cannot be stored is logged and does not stop the requests after it."""
        try:
            failures = self._read(request.run_number, request.registry_name)
        except Exception:
            logger.exception("The lumisections of %s could not be stored", request)
            failures = [NOT_STORED]
        if failures:
            request.postpone(" ".join(failures))
            self.result.problems += [f"{request}: {sentence}" for sentence in failures]
        else:
            request.delete()
            self.result.runs.append(request.run_number)

    def _read(self, number: int, name: str) -> list[str]:
        """Read both services and store what they gave. Returns a sentence for each that failed; one may have not."""
        flags_call = start_in_thread(lambda: fetch_flag_ranges(number, name, self.budget)) if name else None
        failures = self._read_lumisections(number)
        flags = flags_call.result() if flags_call else None
        if isinstance(flags, Found):
            store_flag_ranges(number, name, flags.value, flags.asked_at)
        failures += [f"{flags.reason}."] if isinstance(flags, Unreachable) else []
        return list(dict.fromkeys(failures))  # both services may lack the same sign-in

    def _read_lumisections(self, number: int) -> list[str]:
        """Store what OMS gives, unless it has answered or nothing can have changed. Returns why it is not stored.

        OMS does not take back lumisections: an empty answer after others is a fault, and what is stored remains.
        """
        if number in self.answered or (number not in self.numbers and _is_fresh(number)):
            return []
        answer = fetch_lumisections(number, self.budget)
        if isinstance(answer, Unreachable):
            return [f"{answer.reason}."]
        self.answered.add(number)
        if isinstance(answer, Found):
            store_lumisections(number, answer.value.rows, answer.asked_at, answer.left_out)
        elif (reading := stored_reading(number)) and reading.last:
            return ["OMS gives no lumisections of this run now; those that it gave before are used."]
        else:
            store_lumisections(number, (), answer.asked_at)
        return []


def _is_fresh(number: int) -> bool:
    """Whether OMS needs no query, because only the flags of the request are old."""
    return stored_lumisections([(number, "")])[number, ""].is_fresh(timezone.now() - FRESH_FOR)
