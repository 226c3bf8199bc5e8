"""Questions to the database about certifications. Nothing here writes or asks the outside."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from certify.models import Checklist, RunReconstruction, TrackerCertification


def live_certifications_of(run_numbers: Iterable[int]) -> dict[tuple[int, str], TrackerCertification]:
    """The live certifications of these runs by (run, reconstruction), each with its user: one query."""
    rows = (
        TrackerCertification.objects.live()
        .filter(runreconstruction__run_id__in=list(run_numbers))
        .select_related("user", "runreconstruction")
    )
    return {(row.run_number, row.reconstruction): row for row in rows}


def live_certification(run_number: int, reconstruction: str) -> TrackerCertification | None:
    """The one live certification of this reconstruction, with what a page shows of it."""
    rows = TrackerCertification.objects.live().of_run(run_number).with_names()
    return rows.filter(runreconstruction__reconstruction=reconstruction).first()


def offered_references(also: int | None = None) -> list[RunReconstruction]:
    """All reference runs with their facts; `also` keeps the one that a certification already has (its key)."""
    offered = RunReconstruction.objects.filter(Q(is_reference=True) | Q(pk=also))
    return list(offered.select_related("run__fill"))


def checklists_to_tick() -> list[Checklist]:
    """The checklists that a certification needs, in their order."""
    return list(Checklist.objects.filter(is_retired=False))


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
