"""Queries for reference runs. They do not write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from certify.models import RunReconstruction, TrackerCertification

if TYPE_CHECKING:
    from certify.models.certification_queries import CertificationQuerySet

# The columns of the table and its export, of about a hundred columns of the selected models.
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
    """Return all current and retired reference runs with their facts and uses, in one query.

    `use_count` is the number of live certifications that use it, `last_used` their latest shift day, `verdict_now` the
    verdict of the live certification of the reference run itself, or None.
    """
    rows = RunReconstruction.objects.filter(Q(is_reference=True) | Q(reference_since__isnull=False))
    return (
        rows.select_related("run__fill", "run__readout", "reference_by", "successor")
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
    rows: QuerySet[Any] = TrackerCertification.objects.live().order_by()
    return rows


def _aggregate_of_uses(aggregate: Any) -> Subquery:
    """Return an aggregate of the live certifications that use a reference run."""
    uses = _live_certifications().filter(reference_runreconstruction=OuterRef("pk"))
    return Subquery(uses.values("reference_runreconstruction").annotate(sum=aggregate).values("sum"))


def certifications_using(reference: RunReconstruction) -> CertificationQuerySet:
    """Return the certifications that use this reference run, newest first, including withdrawn ones."""
    rows: CertificationQuerySet = TrackerCertification.objects.filter(reference_runreconstruction=reference)
    return rows.with_names().order_by("-pk")


def predecessors_of(reference: RunReconstruction) -> QuerySet[RunReconstruction]:
    """Return the retired reference runs whose successor this one is."""
    return RunReconstruction.objects.filter(successor=reference).order_by(F("run_id").desc())
