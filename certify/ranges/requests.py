"""Leaves requests for lumisections that are not stored, or that may have changed since they were read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from certify.models import TrackerCertification
from certify.models.components import RANGES_FIELDS
from certify.ranges.models import LumisectionRequest
from certify.ranges.selectors import (
    StoredLumisections,
    request_of,
    runs_read_before_their_end,
    stored_lumisections,
    waiting_requests,
)

if TYPE_CHECKING:
    from collections.abc import Collection

# A run that is going on or has ended in the last days, and flags of Run Registry, are read again after this time.
FRESH_FOR = timedelta(minutes=10)
WATCHED_FOR = timedelta(days=30)


def leave_requests(pairs: Collection[tuple[int, str]]) -> None:
    """Leave a request for each (run number, name of the dataset in Run Registry or ""). One query.

    A request that exists remains as it is, with its place in the queue.
    """
    LumisectionRequest.objects.bulk_create(
        (LumisectionRequest(run_number=number, registry_name=name) for number, name in sorted(pairs)),
        ignore_conflicts=True,
    )


def leave_new_requests(pairs: Collection[tuple[int, str]]) -> None:
    """Leave requests for those of these pairs for which none waits: a query, two if one is new, none without pairs.

    For pages that are opened again and again, which then only read.
    """
    if pairs and (new := set(pairs) - waiting_requests(pairs)):
        leave_requests(new)


def request_missing(pairs: Collection[tuple[int, str]]) -> None:
    """Leave requests for those that are not stored and fresh: two queries where all are, else at most four."""
    stored = stored_lumisections(pairs)
    oldest = timezone.now() - FRESH_FOR
    leave_new_requests({pair for pair in pairs if not stored[pair].is_fresh(oldest)})


def request_certified_runs() -> None:
    """Leave requests for the runs of certifications that another reading of the lumisections may concern.

    Those with bad lumisections are stale where OMS changes them; those of a run that was going on when it was read may
    rest on detectors that were switched off since.
    """
    recent = TrackerCertification.objects.live().filter(updated_at__gte=timezone.now() - WATCHED_FOR).order_by()
    no_ranges: dict[str, Any] = {name: [] for name in RANGES_FIELDS}
    with_ranges = recent.exclude(**no_ranges).values_list("runreconstruction__run_id", flat=True).distinct()
    going_on = runs_read_before_their_end(recent.values("runreconstruction__run_id"), FRESH_FOR)
    request_missing({(number, "") for number in {*with_ranges, *going_on}})


def request_unless_fresh(stored: StoredLumisections, *, is_retry: bool = False) -> LumisectionRequest | None:
    """Return the request for what is not stored or not fresh, a new one if there is none; None where all is fresh.

    `is_retry`: a request that was postponed is due now. No query where all is fresh, one or two otherwise.
    """
    if stored.is_fresh(timezone.now() - FRESH_FOR):
        return None
    request = request_of(stored.run_number, stored.registry_name)
    if request is None:
        leave_requests([(stored.run_number, stored.registry_name)])
        request = LumisectionRequest(run_number=stored.run_number, registry_name=stored.registry_name)
    elif is_retry and request.retry_at:
        LumisectionRequest.objects.filter(pk=request.pk).update(retry_at=None)
        request.retry_at, request.problem = None, ""
    return request
