"""Run types that the HLT key does not decide (rules: "Run type").

The names of the datasets decide then. Earlier versions took every run without stable beam for cosmics; certifications
that were made so keep their run type and are listed for shift leaders.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction

from certify.facts.staleness import mark_stale
from certify.models import TrackerCertification
from oms.choices import RunType
from oms.models import OmsRun
from registry.parsing import run_type_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from registry.parsing import RegistryDataset


def apply_dataset_names(runs: Iterable[OmsRun], datasets: Iterable[RegistryDataset]) -> None:
    """Set and store the run type of each run that OMS answered for without one, from the names of its datasets.

    Names that disagree decide nothing. Without such a run no query is made.
    """
    undecided = {run.run_number: run for run in runs if run.fetched_at and run.run_type == RunType.UNKNOWN}
    names: dict[int, dict[str, str]] = defaultdict(dict)
    for dataset in datasets if undecided else ():
        if run_type := run_type_in(dataset.name):
            names[dataset.run_number].setdefault(run_type, dataset.name)
    decided = {number: names[number] for number in undecided if len(names[number]) == 1}
    if not decided:
        return
    with transaction.atomic():
        stored = OmsRun.objects.select_for_update(of=("self",)).filter(pk__in=decided).order_by("pk")
        rows = {row.run_number: row for row in stored}
        changed = [row for row in rows.values() if _set_run_type(row, decided[row.run_number])]
        OmsRun.objects.bulk_update(changed, ["run_type", "reported"])
        mark_stale(changed)
    for number, row in rows.items():
        run = undecided[number]
        run.run_type, run.reported, run.typed = row.run_type, row.reported, row.typed


def _set_run_type(row: OmsRun, name_by_type: dict[str, str]) -> bool:
    """Set the run type of a locked row, unless it was decided or typed since the run was read."""
    if row.run_type != RunType.UNKNOWN:
        return False
    ((run_type, dataset),) = name_by_type.items()
    row.run_type = RunType(run_type)
    row.reported["run_type"] = {"value": run_type, "unit": "", "dataset": dataset}
    return True


def certified_by_earlier_rule() -> QuerySet[TrackerCertification]:
    """Return the live certifications that are cosmics by the earlier rule alone and would not be now."""
    run = "runreconstruction__run__"
    rows = TrackerCertification.objects.live().filter(run_type=RunType.COSMICS, **{f"{run}stable_beam": False})
    rows = rows.exclude(**{f"{run}hlt_key": None}).exclude(**{f"{run}hlt_key": ""})
    rows = rows.exclude(**{f"{run}hlt_key__icontains": "cosmic"}).exclude(dataset__name__icontains="cosmic")
    # By key: on PostgreSQL `exclude` by a path in JSON also drops the rows that lack it.
    by_name = OmsRun.objects.filter(reported__run_type__value=RunType.COSMICS, reported__run_type__has_key="dataset")
    typed = TrackerCertification.objects.filter(facts__typed__run__has_key="run_type")
    rows = rows.exclude(runreconstruction__run__in=by_name.values("pk")).exclude(pk__in=typed.values("pk"))
    return rows.exclude(**{f"{run}typed__has_key": "run_type"})
