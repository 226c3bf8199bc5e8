"""Complete certifications after an outage of OMS or Run Registry, and read recent runs again: OMS recalculates them.

It is safe to run every few minutes and twice at once: a file lock allows one refresh per machine, and the run is
locked while a certification changes. OMS is queried in merged ranges for what is not fresh, Run Registry once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from certify.facts.actions import can_be_completed, complete_certification
from certify.facts.staleness import DATASET, expected_dataset, store_differences
from certify.models import TrackerCertification
from infrastructure.database.job_lock import job_lock
from infrastructure.http.results import Unreachable
from oms.choices import RunType
from oms.mirror import LATE_FACTS_AFTER, SETTLED_AFTER, runs_for_page
from oms.models import OmsRun
from oms.sanity import left_out_of_runs
from registry.client import datasets_of_runs
from registry.parsing import ONLINE, RegistryDataset

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget
    from users.models import User

# Per refresh, those read longest ago first.
MAX_RUNS = 300
# A run without an end time counts as ended after this time.
MAX_RUN_DURATION = timedelta(days=2)


@dataclass
class RefreshResult:
    """The result of a refresh: number of runs read, completed and newly stale certifications.

    `problems`: one sentence for each unavailable service. `was_running`: another refresh was running, nothing was done.
    """

    runs: int = 0
    completed: list[TrackerCertification] = field(default_factory=list)
    stale: list[TrackerCertification] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    was_running: bool = False


def refresh_facts(budget: Budget, actor: User | None = None) -> RefreshResult:
    """Read unsettled runs again and fill in missing facts; typed values do not change. No actor for the command."""
    with job_lock("refresh") as is_alone:
        return _refresh(budget, actor) if is_alone else RefreshResult(was_running=True)


def _refresh(budget: Budget, actor: User | None) -> RefreshResult:
    began = timezone.now()
    numbers = runs_to_read()
    result = RefreshResult(runs=len(numbers))
    reading = runs_for_page(numbers, budget)
    if reading.problem:
        result.problems.append(reading.problem.sentence)
    result.problems += left_out_of_runs(reading.runs.values())
    rows = _certifications_of(numbers)
    datasets_by_run = _datasets_by_run(rows, budget, result)
    for certification in rows:
        datasets = datasets_by_run.get(certification.run_number)
        verified = _compare_dataset(certification, datasets) if datasets is not None else None
        is_open = not certification.external_info_complete and can_be_completed(
            certification, certification.runreconstruction.run, verified
        )
        if is_open and complete_certification(actor, certification.pk, verified):
            result.completed.append(certification)
    newly = TrackerCertification.objects.live().with_names().filter(stale_since__gte=began)
    result.stale = list(newly.order_by("pk")) if rows else []
    return result


def runs_to_read() -> list[int]:
    """Return the certified runs for which OMS or Run Registry may have new data, those read longest ago first.

    A run that is read and settled, of which nothing was left out, and whose dataset is verified is not read again, even
    if it has typed values.
    """
    end = Coalesce("runreconstruction__run__end_time", F("runreconstruction__run__start_time") + MAX_RUN_DURATION)
    rows = TrackerCertification.objects.live().annotate(settles=end + SETTLED_AFTER)
    run = "runreconstruction__run__"
    unread = Q(**{f"{run}fetched_at": None}) | Q(**{f"{run}fill__isnull": False, f"{run}fill__fetched_at": None})
    unread |= Q(**{f"{run}fill__isnull": True, f"{run}fill_number__isnull": False})
    # Values that were left out have a problem in `reported`: OMS may have corrected them.
    rows = rows.annotate(reported=Cast(f"{run}reported", TextField()))
    is_open = unread | Q(reported__contains='"problem"') | Q(dataset=None) | Q(is_dataset_verified=False)
    # Facts that OMS has not given yet, asked for again once a day at most.
    lacks_lumi = Q(**{f"{run}recorded_lumi": None}) & ~Q(**{f"{run}run_type": RunType.COSMICS})
    lacks_figures = Q(**{f"{run}lumisections": None}) | lacks_lumi
    is_open |= lacks_figures & Q(**{f"{run}fetched_at__lte": timezone.now() - LATE_FACTS_AFTER})
    wanted = rows.filter(Q(external_info_complete=False) & is_open | Q(**{f"{run}fetched_at__lte": F("settles")}))
    read_at = wanted.order_by(F(f"{run}fetched_at").asc(nulls_first=True), f"-{run}run_number")
    numbers = read_at.values_list("runreconstruction__run_id", f"{run}fetched_at").distinct()
    return [number for number, _ in numbers[:MAX_RUNS]]


def _certifications_of(numbers: list[int]) -> list[TrackerCertification]:
    """Return the certifications of these runs, and all incomplete ones: a page may have read their facts since."""
    rows = TrackerCertification.objects.live().with_names()
    rows = rows.select_related("runreconstruction__run__fill", "reference_runreconstruction__run")
    wanted = rows.filter(Q(runreconstruction__run_id__in=numbers) | Q(external_info_complete=False))
    return list(wanted.order_by("runreconstruction__run_id", "pk"))


def _datasets_by_run(
    rows: list[TrackerCertification], budget: Budget, result: RefreshResult
) -> dict[int, list[RegistryDataset]]:
    """Return the datasets of Run Registry by run number; runs that it does not have are missing.

    If it is unavailable, add the problem to `result` and return an empty dictionary.
    """
    answer = datasets_of_runs({certification.run_number for certification in rows}, budget, with_online=True)
    if isinstance(answer, Unreachable):
        result.problems.append(answer.sentence)
        return {}
    by_run: dict[int, list[RegistryDataset]] = {}
    for dataset in answer.value:
        by_run.setdefault(dataset.run_number, []).append(dataset)
    return by_run


def _compare_dataset(certification: TrackerCertification, datasets: list[RegistryDataset]) -> str | None:
    """Return the dataset to fill in or verify; store a difference instead if the certification has another one."""
    reconstruction = certification.reconstruction
    own = certification.dataset.name if certification.dataset else None
    offered = [
        dataset
        for dataset in datasets
        if dataset.name != ONLINE
        and (dataset.reconstruction == reconstruction or (dataset.reconstruction is None and dataset.name == own))
    ]
    names = [dataset.name for dataset in sorted(offered, key=lambda dataset: not dataset.is_open)]
    if _stale_differences(certification, names) != certification.stale:
        _store_under_lock(certification, names)
    expected = expected_dataset(certification)
    return expected or next(iter(names), None) if expected in names or not expected else None


def _stale_differences(certification: TrackerCertification, names: list[str]) -> list[dict[str, Any]]:
    """Return the stale facts of this certification, given the datasets of Run Registry, the preferred one first."""
    expected = expected_dataset(certification)
    others = [difference for difference in certification.stale if difference["fact"] != DATASET]
    if expected in names or not expected:
        return others
    if names or certification.is_dataset_verified:
        return [*others, {"fact": DATASET, "was": expected, "now": next(iter(names), "")}]
    return certification.stale


def _store_under_lock(certification: TrackerCertification, names: list[str]) -> None:
    """Store the differences of the current row: it may have changed during the query of Run Registry."""
    with transaction.atomic():
        OmsRun.objects.select_for_update(of=("self",)).get(pk=certification.run_number)
        certification.refresh_from_db(fields=["dataset", "is_dataset_verified", "facts", "stale", "stale_since"])
        store_differences(certification, _stale_differences(certification, names))
