"""What is stored of the histograms of a run, and why there are none: for pages, without a request to DIALS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import models

from certify.evidence.models import EvidenceRequest, Failure
from dials.client import is_enabled
from dials.datasets import can_be_in_dials
from dials.models import HistogramReading
from infrastructure.number_ranges import NumberRange, ranges_without
from oms.lumisections import bits
from oms.lumisections.mirror import valid_segments

if TYPE_CHECKING:
    from datetime import datetime

_ACTIVE = bits.NAMES.index("cms_active")


class EvidenceState(models.TextChoices):
    """Why there are no histograms of a run, or how far they are read."""

    NOT_CONFIGURED = "not-configured", "DIALS is not configured"
    NEVER = "never", "DIALS never has this dataset"
    NOT_REQUESTED = "not-requested", "nothing was requested"
    REQUESTED = "requested", "being read"
    OUT = "out", "DIALS does not answer"
    REFUSED = "refused", "DIALS refuses access"
    UNKNOWN_FORMAT = "format", "DIALS answers in an unknown format"
    ABSENT = "absent", "not in DIALS yet"
    PARTLY_READ = "partly-read", "partly read"
    PARTLY_INGESTED = "partly-ingested", "partly ingested by DIALS"
    COMPLETE = "complete", "complete"


_OF_FAILURE = {
    Failure.OUT: EvidenceState.OUT,
    Failure.REFUSED: EvidenceState.REFUSED,
    Failure.UNKNOWN_FORMAT: EvidenceState.UNKNOWN_FORMAT,
}


@dataclass(frozen=True)
class StoredEvidence:
    """What is stored of a run in a dataset. A `reading` with summaries is used in each state, also during an outage.

    `absent`: lumisections in which CMS was active that DIALS does not have; empty while OMS' are not stored.
    `problem`: of the last attempt, a sentence, tried again at `retry_at` (UTC).
    """

    state: EvidenceState
    reading: HistogramReading | None = None
    absent: list[NumberRange] = field(default_factory=list)
    problem: str = ""
    retry_at: datetime | None = None


def stored_evidence(run_number: int, registry_name: str) -> StoredEvidence:
    """Return what is stored of a run in a dataset, by its name in Run Registry. At most three queries."""
    if not is_enabled():
        return StoredEvidence(EvidenceState.NOT_CONFIGURED)
    if not can_be_in_dials(registry_name):
        return StoredEvidence(EvidenceState.NEVER)
    key = {"run_number": run_number, "registry_name": registry_name}
    reading, request = HistogramReading.objects.filter(**key).first(), EvidenceRequest.objects.filter(**key).first()
    absent = _absent(reading) if reading and reading.source else []
    if request and request.failure:
        return StoredEvidence(_OF_FAILURE[Failure(request.failure)], reading, absent, request.problem, request.retry_at)
    return StoredEvidence(_state(reading, request, absent), reading, absent)


def _state(
    reading: HistogramReading | None, request: EvidenceRequest | None, absent: list[NumberRange]
) -> EvidenceState:
    if reading is None:
        return EvidenceState.REQUESTED if request else EvidenceState.NOT_REQUESTED
    if reading.source is None:
        return EvidenceState.ABSENT
    if not reading.is_complete:
        return EvidenceState.PARTLY_READ
    is_partial = reading.completeness is not None and reading.completeness < 1
    return EvidenceState.PARTLY_INGESTED if absent or is_partial else EvidenceState.COMPLETE


def _absent(reading: HistogramReading) -> list[NumberRange]:
    segments = valid_segments(reading.run_number) or []
    active = [(segment.first, segment.last) for segment in segments if segment.bits[_ACTIVE]]
    return ranges_without(active, [(first, last) for first, last in reading.lumisections])
