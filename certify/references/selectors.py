"""Questions to the database about reference runs. Nothing here writes."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from certify.models import RunReconstruction, TrackerCertification
from certify.models.certification import CertificationQuerySet

# Of the hundred columns of a run, its fill and two people, those that the table and its export show.
_TABLE_FIELDS = [
    *("run_id", "reconstruction", "is_reference", "reference_reason", "reference_since"),
    *(f"run__{name}" for name in ("run_number", "run_type", "era", "b_field", "energy", "start_time", "fill_number")),
    *(f"run__fill__{name}" for name in ("fill_number", "era", "peak_pileup", "bunches_colliding")),
    "run__readout__mode",
    "run__readout__asked_at",
    *(f"reference_by__{name}" for name in ("username", "first_name", "last_name")),
    *(f"successor__{name}" for name in ("run_id", "reconstruction", "is_reference")),
]


def references() -> QuerySet[RunReconstruction]:
    """Every run that is a reference or was one, each with its facts and what rests on it, in one query.

    `use_count` counts live certifications, `last_used` is the latest shift day among them; `verdict_now` is what the
    reference itself is certified as, None where it is not.
    """
    shown = RunReconstruction.objects.filter(Q(is_reference=True) | Q(reference_since__isnull=False))
    return (
        shown.select_related("run__fill", "run__readout", "reference_by", "successor")
        .only(*_TABLE_FIELDS)
        .annotate(
            era=Coalesce("run__era", "run__fill__era"),
            use_count=Coalesce(_aggregate_of_uses(Count("pk")), Value(0)),
            last_used=_aggregate_of_uses(Max("date")),
            verdict_now=Subquery(
                _live_certifications().filter(runreconstruction=OuterRef("pk")).values("verdict_word")[:1]
            ),
        )
    )


def _live_certifications() -> QuerySet[Any]:
    return TrackerCertification.objects.live().order_by()


def _aggregate_of_uses(aggregate: Any) -> Subquery:
    """A sum over the live certifications that rest on a reference."""
    resting = _live_certifications().filter(reference_runreconstruction=OuterRef("pk"))
    return Subquery(resting.values("reference_runreconstruction").annotate(sum=aggregate).values("sum"))


def certifications_using(reference: RunReconstruction) -> CertificationQuerySet:
    """The certifications that were made with this reference, newest first; withdrawn ones too."""
    return TrackerCertification.objects.filter(reference_runreconstruction=reference).with_names().order_by("-pk")


def predecessors_of(reference: RunReconstruction) -> QuerySet[RunReconstruction]:
    """The retired references in whose place this one is offered."""
    return RunReconstruction.objects.filter(successor=reference).order_by(F("run_id").desc())
