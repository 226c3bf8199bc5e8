"""Completing certifications once OMS and Run Registry are back, and reading young runs again: OMS recomputes them.

Safe to run every few minutes and twice at once: one refresh at a time on a machine, and each certification is changed
under a lock of its run. Few calls: the mirror reads what is not fresh in merged ranges, Run Registry is asked once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from certify.facts.actions import can_be_completed, complete_certification
from certify.facts.staleness import DATASET, expected_dataset, store_differences
from certify.models import TrackerCertification
from infrastructure.cache.file_lock import file_lock_if_free
from infrastructure.http.results import Unreachable
from oms.mirror import SETTLED_AFTER, runs_for_page
from oms.models import OmsRun
from registry.client import datasets_of_runs
from registry.parsing import ONLINE, RegistryDataset

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget
    from users.models import User

# Those read longest ago; the next round takes the rest.
MAX_RUNS = 300
# A run without an end counts as over after so long.
MAX_RUN_DURATION = timedelta(days=2)


@dataclass
class RefreshResult:
    """What came of a refresh. `problems`: one sentence for each service that is out; `was_running`: another one was."""

    runs: int = 0
    completed: list[TrackerCertification] = field(default_factory=list)
    stale: list[TrackerCertification] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    was_running: bool = False


def refresh_facts(budget: Budget, actor: User | None = None) -> RefreshResult:
    """Read again what is not settled and fill in what was missing; no typed value is touched. No actor: the command."""
    with file_lock_if_free("refresh") as is_alone:
        return _refresh(budget, actor) if is_alone else RefreshResult(was_running=True)


def _refresh(budget: Budget, actor: User | None) -> RefreshResult:
    began = timezone.now()
    numbers = runs_to_read()
    done = RefreshResult(runs=len(numbers))
    read = runs_for_page(numbers, budget)
    if read.problem:
        done.problems.append(read.problem.sentence)
    rows = _certifications_of(numbers)
    named = _datasets_by_run(rows, budget, done)
    for certification in rows:
        of_run = named.get(certification.run_number)
        verified = _compare_dataset(certification, of_run) if of_run is not None else None
        is_open = not certification.external_info_complete and can_be_completed(
            certification, certification.runreconstruction.run, verified
        )
        if is_open and complete_certification(actor, certification.pk, verified):
            done.completed.append(certification)
    newly = TrackerCertification.objects.live().with_names().filter(stale_since__gte=began)
    done.stale = list(newly.order_by("pk")) if rows else []
    return done


def runs_to_read() -> list[int]:
    """The certified runs that OMS or Run Registry may say more of: first those that OMS was asked for longest ago.

    A run that is read and settled, whose dataset is verified, has nothing to be read, whatever somebody typed for it.
    """
    over = Coalesce("runreconstruction__run__end_time", F("runreconstruction__run__start_time") + MAX_RUN_DURATION)
    rows = TrackerCertification.objects.live().annotate(settles=over + SETTLED_AFTER)
    run = "runreconstruction__run__"
    unread = Q(**{f"{run}fetched_at": None}) | Q(**{f"{run}fill__isnull": False, f"{run}fill__fetched_at": None})
    unread |= Q(**{f"{run}fill__isnull": True, f"{run}fill_number__isnull": False})
    may_say_more = unread | Q(dataset=None) | Q(is_dataset_verified=False)
    wanted = rows.filter(Q(external_info_complete=False) & may_say_more | Q(**{f"{run}fetched_at__lte": F("settles")}))
    read_at = wanted.order_by(F(f"{run}fetched_at").asc(nulls_first=True), f"-{run}run_number")
    numbers = read_at.values_list("runreconstruction__run_id", f"{run}fetched_at").distinct()
    return [number for number, _ in numbers[:MAX_RUNS]]


def _certifications_of(numbers: list[int]) -> list[TrackerCertification]:
    """Those of the runs just read, and all that are not complete: what they miss may have been read for a page."""
    rows = TrackerCertification.objects.live().with_names()
    rows = rows.select_related("runreconstruction__run__fill", "reference_runreconstruction__run")
    wanted = rows.filter(Q(runreconstruction__run_id__in=numbers) | Q(external_info_complete=False))
    return list(wanted.order_by("runreconstruction__run_id", "pk"))


def _datasets_by_run(
    rows: list[TrackerCertification], budget: Budget, done: RefreshResult
) -> dict[int, list[RegistryDataset]]:
    """The datasets that Run Registry names for these runs, by run; a run that it does not know is not in it."""
    said = datasets_of_runs({certification.run_number for certification in rows}, budget, with_online=True)
    if isinstance(said, Unreachable):
        done.problems.append(said.sentence)
        return {}
    by_run: dict[int, list[RegistryDataset]] = {}
    for dataset in said.value:
        by_run.setdefault(dataset.run_number, []).append(dataset)
    return by_run


def _compare_dataset(certification: TrackerCertification, of_run: list[RegistryDataset]) -> str | None:
    """The dataset to fill in or to verify; where another one stands, the mark of the difference is set instead."""
    offered = [one for one in of_run if one.name != ONLINE and one.reconstruction == certification.reconstruction]
    names = [one.name for one in sorted(offered, key=lambda one: not one.is_open)]
    if _stale_differences(certification, names) != certification.stale:
        _store_under_lock(certification, names)
    expected = expected_dataset(certification)
    return expected or next(iter(names), None) if expected in names or not expected else None


def _stale_differences(certification: TrackerCertification, names: list[str]) -> list[dict[str, Any]]:
    """The differences of this certification, now that Run Registry offers these datasets, the first one first."""
    expected, others = expected_dataset(certification), [one for one in certification.stale if one["fact"] != DATASET]
    if expected in names or not expected:
        return others
    if names or certification.is_dataset_verified:
        return [*others, {"fact": DATASET, "was": expected, "now": next(iter(names), "")}]
    return certification.stale


def _store_under_lock(certification: TrackerCertification, names: list[str]) -> None:
    """Set the mark on what stands now: somebody may have confirmed or changed it while Run Registry was asked."""
    with transaction.atomic():
        OmsRun.objects.select_for_update(of=("self",)).get(pk=certification.run_number)
        certification.refresh_from_db(fields=["dataset", "is_dataset_verified", "facts", "stale", "stale_since"])
        store_differences(certification, _stale_differences(certification, names))
