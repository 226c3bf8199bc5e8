"""Questions to the database about certifications. Nothing here writes or asks the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from certify.models.components import FLAG_COLUMNS
from certify.rules.entry import TwinCertification
from infrastructure.database.compiled_query import PLACEHOLDER, SECOND_PLACEHOLDER, PrecompiledQuery
from oms.verdict_facts import VERDICT_FACTS, verdict_facts

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet

    from certify.models.certification import CertificationQuerySet

_TWINS = {
    Reconstruction.EXPRESS.value: Reconstruction.PROMPT,
    Reconstruction.PROMPT.value: Reconstruction.EXPRESS,
}
# Of ninety columns of a certification and its people, those that a counterpart is made of: half the time.
_TWIN_COLUMNS = [
    *(*FLAG_COLUMNS, *VERDICT_FACTS, "updated_at"),
    *(f"{person}__{name}" for person in ("user", "updated_by") for name in ("username", "first_name", "last_name")),
]


def certified_for(training_of: int | None = None) -> CertificationQuerySet:
    """What is certified: all that is live; for who is in training (key), their own practice and nothing else."""
    if training_of is None:
        return TrackerCertification.objects.live()
    return TrackerCertification.everything.live().filter(is_practice=True, user=training_of)


def live_certifications_of(
    run_numbers: Iterable[int], training_of: int | None = None
) -> dict[tuple[int, str], TrackerCertification]:
    """The live certifications of these runs by (run, reconstruction), each with its user: one query."""
    rows = (
        certified_for(training_of)
        .filter(runreconstruction__run_id__in=list(run_numbers))
        .select_related("user", "runreconstruction")
    )
    return {(row.run_number, row.reconstruction): row for row in rows}


def certified_reconstructions(run_numbers: Collection[int], training_of: int | None = None) -> set[tuple[int, str]]:
    """Which (run, reconstruction) of these runs are certified: one query of two columns."""
    if training_of is None and run_numbers and _is_narrow_range(run_numbers):
        found: Iterable[tuple[int, str]] = _certified_between.rows(min(run_numbers), max(run_numbers))
    else:
        found = _keys_of(certified_for(training_of).filter(runreconstruction__run_id__in=list(run_numbers)))
    return {(number, reconstruction) for number, reconstruction in found if number in run_numbers}


def _is_narrow_range(run_numbers: Collection[int]) -> bool:
    """Whether they are read as a range, as those of most searches: a hundred numbers cost more to send."""
    return max(run_numbers) - min(run_numbers) < 10 * len(run_numbers)


def _keys_of(rows: CertificationQuerySet) -> QuerySet[TrackerCertification, tuple[int, str]]:
    return rows.order_by().values_list("runreconstruction__run_id", "runreconstruction__reconstruction")


_certified_between: PrecompiledQuery[tuple[int, str]] = PrecompiledQuery(
    lambda first, last: _keys_of(
        certified_for().filter(runreconstruction__run_id__gte=first, runreconstruction__run_id__lte=last)
    ),
    *(PLACEHOLDER, SECOND_PLACEHOLDER),
)


def live_certification(
    run_number: int, reconstruction: str, training_of: int | None = None
) -> TrackerCertification | None:
    """The one live certification of this reconstruction, with what a page shows of it."""
    live = certified_for(training_of).of_run(run_number)
    key = live.filter(runreconstruction__reconstruction=reconstruction).values_list("pk", flat=True).order_by()[:1]
    # Mostly there is none, and finding that out is cheap; its names are many columns.
    return TrackerCertification.everything.with_names().get(pk=key[0]) if key else None


def certification_by_key(idempotency_key: uuid.UUID) -> TrackerCertification | None:
    """The certification that the form with this key has made, practice or not."""
    # Mostly there is none, as above.
    rows = TrackerCertification.everything
    key = rows.filter(idempotency_key=idempotency_key).values_list("pk", flat=True).order_by()
    return rows.get(pk=key[0]) if key else None


def twin_of(
    run_number: int,
    reconstruction: str,
    certified: Collection[tuple[int, str]] | None = None,
    training_of: int | None = None,
) -> TwinCertification | None:
    """The live certification of the other one of express and prompt: one query; none for the rest.

    None either where `certified`, read before, does not have it.
    """
    other = _TWINS.get(reconstruction)
    if other is None or (certified is not None and (run_number, other.value) not in certified):
        return None
    rows = certified_for(training_of).of_run(run_number).filter(runreconstruction__reconstruction=other)
    row = rows.select_related("user", "updated_by").only(*_TWIN_COLUMNS).order_by()[:1]
    return _as_twin(row[0], other) if row else None


def _as_twin(row: TrackerCertification, reconstruction: str) -> TwinCertification:
    return TwinCertification(
        pk=row.pk,
        reconstruction=reconstruction,
        component_flags={one.component: one for one in row.component_flags},
        **verdict_facts(row),
        editor_name=(row.updated_by or row.user).display_name,
        changed_at=row.updated_at,
    )


def reference_of_each_certification() -> list[dict[str, object]]:
    """All live certifications with their reference, in the shape that the existing ML tools read: one query."""
    rows = TrackerCertification.objects.live().order_by("pk")
    names = {
        "run_number": "runreconstruction__run_id",
        "run_reconstruction_type": "runreconstruction__reconstruction",
        "reference_run_number": "reference_runreconstruction__run_id",
        "reference_run_reconstruction_type": "reference_runreconstruction__reconstruction",
        "dataset": "dataset__name",
    }
    values = rows.values_list(*names.values())
    return [dict(zip(names, row, strict=True)) for row in values]
