"""Queries of certifications. They read the database only: no writes, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q

from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from certify.models.components import FLAG_COLUMNS, RANGES_FIELDS
from certify.models.lumisections_out import OUT_COLUMNS
from certify.rules.entry import MeasuredLumisections, TwinCertification
from infrastructure.database.compiled_query import PLACEHOLDER, SECOND_PLACEHOLDER, PrecompiledQuery
from oms.lumisections.mirror import valid_lumis, valid_segments
from oms.verdict_facts import VERDICT_FACTS, verdict_facts

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable, Mapping

    from django.db.models import QuerySet

    from certify.models.certification_queries import CertificationQuerySet

_TWINS = {
    Reconstruction.EXPRESS.value: Reconstruction.PROMPT,
    Reconstruction.PROMPT.value: Reconstruction.EXPRESS,
}
_PERSON_COLUMNS = [
    f"{person}__{name}" for person in ("user", "updated_by") for name in ("username", "first_name", "last_name")
]
# Only the columns that `TwinCertification` needs: reading all of them takes twice as long.
_TWIN_COLUMNS = [
    *(*FLAG_COLUMNS, *VERDICT_FACTS, "updated_at", "comment", "stale_since"),
    *(f"reference_runreconstruction__{name}" for name in ("run_id", "reconstruction")),
    *_PERSON_COLUMNS,
]


def certified_for(training_of: int | None = None) -> CertificationQuerySet:
    """Return the live certifications; for a user in training (primary key), only their own practice."""
    if training_of is None:
        return TrackerCertification.objects.live()
    return TrackerCertification.everything.live().filter(is_practice=True, user=training_of)


def live_certifications_of(
    run_numbers: Iterable[int], training_of: int | None = None
) -> dict[tuple[int, str], TrackerCertification]:
    """Return the live certifications of these runs by (run, reconstruction), with user and dataset, in one query."""
    rows = (
        certified_for(training_of)
        .filter(runreconstruction__run_id__in=list(run_numbers))
        .select_related("user", "runreconstruction", "dataset")
    )
    return {(row.run_number, row.reconstruction): row for row in rows}


def certified_reconstructions(run_numbers: Collection[int], training_of: int | None = None) -> set[tuple[int, str]]:
    """Return the certified (run, reconstruction) of these runs, in one query of two columns."""
    if training_of is None and run_numbers and _is_narrow_range(run_numbers):
        certified: Iterable[tuple[int, str]] = _certified_between.rows(min(run_numbers), max(run_numbers))
    else:
        certified = _keys_of(certified_for(training_of).filter(runreconstruction__run_id__in=list(run_numbers)))
    return {(number, reconstruction) for number, reconstruction in certified if number in run_numbers}


def _is_narrow_range(run_numbers: Collection[int]) -> bool:
    """Whether to query a range, as for most searches: it is faster than a list of a hundred numbers."""
    return max(run_numbers) - min(run_numbers) < 10 * len(run_numbers)


def _keys_of(rows: CertificationQuerySet) -> QuerySet[TrackerCertification, tuple[int, str]]:
    return rows.order_by().values_list("runreconstruction__run_id", "runreconstruction__reconstruction")


_certified_between: PrecompiledQuery[tuple[int, str]] = PrecompiledQuery(
    lambda first, last: _keys_of(
        certified_for().filter(runreconstruction__run_id__gte=first, runreconstruction__run_id__lte=last)
    ),
    *(PLACEHOLDER, SECOND_PLACEHOLDER),
)


def certified_datasets(runreconstruction: int | OuterRef) -> QuerySet[TrackerCertification, str | None]:
    """Return the dataset of the live certification of this reconstruction of a run, at most one row."""
    rows = TrackerCertification.objects.live().filter(runreconstruction=runreconstruction)
    return rows.values_list("dataset__name", flat=True)


def live_certification(
    run_number: int, reconstruction: str, training_of: int | None = None
) -> TrackerCertification | None:
    """Return the live certification of this reconstruction, with the related rows that pages show, or None."""
    live = certified_for(training_of).of_run(run_number)
    key = live.filter(runreconstruction__reconstruction=reconstruction).values_list("pk", flat=True).order_by()[:1]
    # In most cases there is none: query the key first, the many columns of the related rows only if it exists.
    return TrackerCertification.everything.with_names().get(pk=key[0]) if key else None


def certification_by_key(idempotency_key: uuid.UUID) -> TrackerCertification | None:
    """Return the certification that the form with this key created, practice or not, or None."""
    # In most cases there is none, as above.
    rows = TrackerCertification.everything
    key = rows.filter(idempotency_key=idempotency_key).values_list("pk", flat=True).order_by()
    return rows.get(pk=key[0]) if key else None


def twin_of(
    run_number: int,
    reconstruction: str,
    certified: Collection[tuple[int, str]] | None = None,
    training_of: int | None = None,
) -> TwinCertification | None:
    """Return the live certification of prompt for express, and the reverse, in one query.

    Returns None for other reconstructions, if there is none, or if `certified`, from an earlier query, lacks it.
    """
    other = _TWINS.get(reconstruction)
    if other is None or (certified is not None and (run_number, other.value) not in certified):
        return None
    rows = certified_for(training_of).of_run(run_number).filter(runreconstruction__reconstruction=other)
    row = rows.select_related("user", "updated_by", "reference_runreconstruction").only(*_TWIN_COLUMNS).order_by()[:1]
    return _as_twin(row[0], other) if row else None


def measured_lumisections(run_number: int, values: Mapping[str, Any]) -> MeasuredLumisections:
    """Return what the rules need of the stored lumisections: one query, two if these columns have ranges."""
    has_ranges = any(values.get(name) for name in RANGES_FIELDS)
    lumis = valid_lumis(run_number) if has_ranges else []
    segments = valid_segments(run_number)
    return MeasuredLumisections(segments or (), lumis, are_read=segments is not None)


def certifications_of_fill(
    run_number: int, fill: int | None, reconstruction: str, training_of: int | None = None
) -> list[TrackerCertification]:
    """Return the live certifications of the run, and of this reconstruction in its fill, in one query.

    Only their verdict with what is out of it, comment, last change and users are loaded.
    """
    run = Q(runreconstruction__run_id=run_number)
    # A run is in its fill, so that the index of the fill finds both.
    runs = Q(runreconstruction__run__fill_id=fill) & (run | Q(runreconstruction__reconstruction=reconstruction))
    rows = certified_for(training_of).filter(runs if fill else run)
    columns = ("verdict_word", "updated_at", "runreconstruction__run_id", "runreconstruction__reconstruction")
    related = rows.select_related("runreconstruction", "user", "updated_by")
    return list(related.only(*columns, "comment", *OUT_COLUMNS, *_PERSON_COLUMNS).order_by())


def _as_twin(row: TrackerCertification, reconstruction: str) -> TwinCertification:
    return TwinCertification(
        pk=row.pk,
        reconstruction=reconstruction,
        component_flags={component_flag.component: component_flag for component_flag in row.component_flags},
        **verdict_facts(row),
        people=row.people,
        changed_at=row.updated_at,
        comment=row.comment,
        reference_run_number=row.reference_runreconstruction.run_id,
        reference_reconstruction=row.reference_runreconstruction.reconstruction,
        is_stale=row.is_stale,
    )
