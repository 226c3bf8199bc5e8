"""Questions to the database about certifications. Nothing here writes or asks the outside."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from certify.models import RunReconstruction, TrackerCertification
from certify.models.certification import CertificationQuerySet
from certify.models.choices import Component, Reconstruction
from certify.references.ranking import Likeness
from certify.rules.entry import Counterpart, Judgement
from infrastructure.cache.remembered import forget, kept
from infrastructure.database.compiled_query import OTHER_PROBE, PROBE, Compiled

_COUNTERPARTS = {
    Reconstruction.EXPRESS.value: Reconstruction.PROMPT,
    Reconstruction.PROMPT.value: Reconstruction.EXPRESS,
}
# Of ninety columns of a certification and its people, those that a counterpart is made of: half the time.
_COMPARED = [
    *(f"{component.value}{of}" for component in Component for of in ("", "_lowstat")),
    *("run_type", "lumisections", "recorded_lumi", "updated_at"),
    *(f"{person}__{name}" for person in ("user", "updated_by") for name in ("username", "first_name", "last_name")),
]

_REFERENCES = "certify.references"


def standing(practice_of: int | None = None) -> CertificationQuerySet:
    """What is certified: all that is live; for who is in training (key), their own practice and nothing else."""
    if practice_of is None:
        return TrackerCertification.objects.live()
    return TrackerCertification.everything.live().filter(is_practice=True, user=practice_of)


def live_certifications_of(
    run_numbers: Iterable[int], practice_of: int | None = None
) -> dict[tuple[int, str], TrackerCertification]:
    """The live certifications of these runs by (run, reconstruction), each with its user: one query."""
    rows = (
        standing(practice_of)
        .filter(runreconstruction__run_id__in=list(run_numbers))
        .select_related("user", "runreconstruction")
    )
    return {(row.run_number, row.reconstruction): row for row in rows}


def certified_among(run_numbers: Collection[int], practice_of: int | None = None) -> set[tuple[int, str]]:
    """Which (run, reconstruction) of these runs are certified: one query of two columns."""
    if practice_of is None and run_numbers and _are_near(run_numbers):
        found: Iterable[tuple[int, str]] = _certified_between.rows(min(run_numbers), max(run_numbers))
    else:
        found = _names_of(standing(practice_of).filter(runreconstruction__run_id__in=list(run_numbers)))
    return {(number, reconstruction) for number, reconstruction in found if number in run_numbers}


def _are_near(run_numbers: Collection[int]) -> bool:
    """Whether they are read as a range, as those of most searches: a hundred numbers cost more to send."""
    return max(run_numbers) - min(run_numbers) < 10 * len(run_numbers)


def _names_of(rows: CertificationQuerySet) -> QuerySet[TrackerCertification, tuple[int, str]]:
    return rows.order_by().values_list("runreconstruction__run_id", "runreconstruction__reconstruction")


_certified_between: Compiled[tuple[int, str]] = Compiled(
    lambda first, last: _names_of(
        standing().filter(runreconstruction__run_id__gte=first, runreconstruction__run_id__lte=last)
    ),
    *(PROBE, OTHER_PROBE),
)


def live_certification(
    run_number: int, reconstruction: str, practice_of: int | None = None
) -> TrackerCertification | None:
    """The one live certification of this reconstruction, with what a page shows of it."""
    live = standing(practice_of).of_run(run_number)
    key = live.filter(runreconstruction__reconstruction=reconstruction).values_list("pk", flat=True).order_by()[:1]
    # Mostly there is none, and finding that out is cheap; its names are many columns.
    return TrackerCertification.everything.with_names().get(pk=key[0]) if key else None


def made_with(idempotency_key: uuid.UUID) -> TrackerCertification | None:
    """The certification that the form with this key has made, practice or not."""
    # Mostly there is none, as above.
    rows = TrackerCertification.everything
    key = rows.filter(idempotency_key=idempotency_key).values_list("pk", flat=True).order_by()
    return rows.get(pk=key[0]) if key else None


def counterpart_of(
    run_number: int,
    reconstruction: str,
    certified: Collection[tuple[int, str]] | None = None,
    practice_of: int | None = None,
) -> Counterpart | None:
    """The live certification of the other one of express and prompt: one query; none for the rest.

    None either where `certified`, read before, does not have it.
    """
    other = _COUNTERPARTS.get(reconstruction)
    if other is None or (certified is not None and (run_number, other.value) not in certified):
        return None
    rows = standing(practice_of).of_run(run_number).filter(runreconstruction__reconstruction=other)
    row = rows.select_related("user", "updated_by").only(*_COMPARED).order_by()[:1]
    return _as_counterpart(row[0], other) if row else None


def _as_counterpart(row: TrackerCertification, reconstruction: str) -> Counterpart:
    said = {one: (getattr(row, one.value), getattr(row, f"{one.value}_lowstat")) for one in Component}
    return Counterpart(
        pk=row.pk,
        reconstruction=reconstruction,
        judgements={one: Judgement(one, *words) for one, words in said.items()},
        run_type=row.run_type,
        lumisections=row.lumisections,
        recorded_lumi=row.recorded_lumi,
        who=(row.updated_by or row.user).display_name,
        when=row.updated_at,
    )


def offered_references(also: int | None = None) -> list[Likeness]:
    """All reference runs with what they are compared by; `also`: the one that a certification already has (key)."""
    offered = kept(_REFERENCES, lambda: _likenesses(Q(is_reference=True)))
    if also is None or any(one.pk == also for one in offered):
        return offered
    names = {one.pk: str(one) for one in offered}
    return offered + [replace(one, in_its_place=names.get(one.successor, "")) for one in _likenesses(Q(pk=also))]


def forget_references(instance: RunReconstruction, *, created: bool = False, **_signal: object) -> None:
    """A reference was adopted, changed or retired: the next form reads them anew. A new plain row is none."""
    if instance.is_reference or not created:
        forget(_REFERENCES)


def _likenesses(which: Q) -> list[Likeness]:
    """Plain values, not rows: there are hundreds, and the form needs nine columns of a hundred."""
    columns: dict[str, Combinable] = {
        "pk": F("pk"),
        "run_number": F("run_id"),
        "reconstruction": F("reconstruction"),
        "run_type": F("run__run_type"),
        "era": Coalesce("run__era", "run__fill__era"),
        "b_field": F("run__b_field"),
        "energy": F("run__energy"),
        "pile_up": F("run__fill__peak_pileup"),
        "bunches": F("run__fill__bunches_colliding"),
        "began": F("run__start_time"),
        "is_offered": F("is_reference"),
        "successor": F("successor_id"),
    }
    rows = RunReconstruction.objects.filter(which).values_list(*columns.values())
    return [Likeness(**dict(zip(columns, row, strict=True))) for row in rows]


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
