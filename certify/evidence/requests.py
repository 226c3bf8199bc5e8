"""Leaves requests for histograms that are not stored, or that may have changed since they were read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.utils import timezone

from certify.evidence.models import EvidenceRequest
from dials.client import is_enabled
from dials.datasets import can_be_in_dials
from dials.models import HistogramReading

if TYPE_CHECKING:
    from collections.abc import Collection

# DIALS takes in new files every hour. A run that had no other lumisections for days is not asked for again.
FRESH_FOR = timedelta(hours=1)
SETTLED_AFTER = timedelta(days=3)


def leave_evidence_requests(pairs: Collection[tuple[int, str]]) -> None:
    """Leave a request for each (run number, name of the dataset in Run Registry). One query.

    A request that exists remains as it is, with its place in the queue.
    """
    EvidenceRequest.objects.bulk_create(
        (EvidenceRequest(run_number=number, registry_name=name) for number, name in sorted(pairs)),
        ignore_conflicts=True,
    )


def request_evidence(pairs: Collection[tuple[int, str]]) -> None:
    """Leave requests for those that DIALS can have, and that are not stored and fresh.

    No query without such or without DIALS, one where all are fresh, two where requests wait, else three.
    """
    wanted = {(number, name) for number, name in pairs if can_be_in_dials(name)} if is_enabled() else set()
    wanted -= fresh_readings(wanted)
    if wanted:
        waiting = EvidenceRequest.objects.filter(run_number__in={number for number, _ in wanted}).order_by()
        wanted -= set(waiting.values_list("run_number", "registry_name"))
    if wanted:
        leave_evidence_requests(wanted)


def fresh_readings(pairs: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those of these (run number, name of the dataset) of which nothing has to be read. At most one query."""
    if not pairs:
        return set()
    is_recent = Q(checked_at__gte=timezone.now() - FRESH_FOR) & (Q(is_complete=True) | Q(dataset=""))
    is_settled = Q(is_complete=True, checked_at__gte=F("changed_at") + SETTLED_AFTER)
    readings = HistogramReading.objects.filter(is_recent | is_settled, run_number__in={number for number, _ in pairs})
    return set(readings.values_list("run_number", "registry_name")) & set(pairs)
