"""How far the open datasets of the week are certified, by whom, and what is left; and when certification calls end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from certify.editor.worklist import datasets_by_reconstruction
from certify.filters.date_range import FIRST_DAY, LAST_DAY
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from certify.rules.run_numbers import MAX_RUNS, format_run_numbers
from registry.certification_calls import CertificationCall
from registry.parsing import RegistryDataset
from reports.scope import Scope

ReconstructionKey = tuple[int, str]
ShifterByReconstruction = dict[ReconstructionKey, str]
MAX_CALLS = 10
COMPLETED = "completed"


@dataclass(frozen=True)
class CertificationProgress:
    """Of some datasets, one for each run and reconstruction: which are certified by whom (name, count), which not."""

    name: str
    total: int
    people: list[tuple[str, int]]
    remaining: list[RegistryDataset]

    @property
    def certified(self) -> int:
        return self.total - len(self.remaining)

    @property
    def searches(self) -> list[str]:
        """The runs that are left, as the page of open runs takes them: at most a hundred at once, newest first."""
        runs = sorted({one.run_number for one in self.remaining}, reverse=True)
        return [format_run_numbers(runs[start : start + MAX_RUNS]) for start in range(0, len(runs), MAX_RUNS)]


@dataclass(frozen=True)
class CallProgress:
    """A certification call with what is done of it. `is_overdue`: its deadline has passed with something left."""

    cycle: CertificationCall
    progress: CertificationProgress
    is_overdue: bool


def progress_of(
    name: str, datasets: Iterable[RegistryDataset], shifters: ShifterByReconstruction
) -> CertificationProgress:
    """How far these datasets are; several of one run and reconstruction are one."""
    chosen = datasets_by_reconstruction(datasets)
    people = Counter(shifters[key] for key in chosen if key in shifters)
    left = [dataset for key, dataset in chosen.items() if key not in shifters]
    return CertificationProgress(
        name=name,
        total=len(chosen),
        people=sorted(people.items(), key=lambda item: (-item[1], item[0])),
        remaining=sorted(left, key=lambda one: -one.run_number),
    )


def progress_by_reconstruction(
    datasets: Iterable[RegistryDataset], shifters: ShifterByReconstruction
) -> list[CertificationProgress]:
    """The progress of each reconstruction that has datasets, in the order of every page."""
    datasets = list(datasets)
    found = (
        progress_of(name, [one for one in datasets if one.reconstruction == name], shifters)
        for name in Reconstruction.values
    )
    return [one for one in found if one.total]


def calls_in_scope(
    cycles: Iterable[CertificationCall],
    scope: Scope,
    runs: Collection[int],
    is_wanted: Callable[[RegistryDataset], bool],
) -> tuple[list[CertificationCall], int]:
    """The calls of these days with the datasets that are wanted, the next deadline first; how many there are besides
    the first ten. `runs`: those that the days are about.
    """
    chosen = _keep_wanted_datasets([one for one in cycles if _is_in_scope(one, scope, runs)], is_wanted)
    chosen.sort(key=lambda one: not _is_deadline_in_scope(one.deadline, scope))
    shown = sorted(chosen[:MAX_CALLS], key=lambda one: one.deadline or datetime.max.replace(tzinfo=UTC))
    return shown, len(chosen) - len(shown)


def _keep_wanted_datasets(
    cycles: Iterable[CertificationCall], is_wanted: Callable[[RegistryDataset], bool]
) -> list[CertificationCall]:
    """The calls with the datasets that are wanted; one that had some and has none left is left out."""
    both = ((one, replace(one, datasets=tuple(filter(is_wanted, one.datasets)))) for one in cycles)
    return [left for whole, left in both if left.datasets or not whole.datasets]


def _is_in_scope(cycle: CertificationCall, scope: Scope, runs: Collection[int]) -> bool:
    """Its deadline is in these days or still to come, it runs on one of them, or it is about runs of these days.

    A call runs from when it was made until its deadline, or, with Tracker not completed, until now.
    """
    if cycle.deadline is None:
        return cycle.state != COMPLETED
    if _is_deadline_in_scope(cycle.deadline, scope) or any(one.run_number in runs for one in cycle.datasets):
        return True
    begin, end = scope_interval(scope)
    is_done, now = cycle.state == COMPLETED, timezone.now()
    is_on_then = (cycle.made_at or cycle.deadline) < end and begin <= (cycle.deadline if is_done else now)
    return is_on_then or (not is_done and cycle.deadline >= now)


def _is_deadline_in_scope(deadline: datetime | None, scope: Scope) -> bool:
    begin, end = scope_interval(scope)
    return deadline is not None and begin <= deadline < end


def call_progress(cycles: Iterable[CertificationCall], shifters: ShifterByReconstruction) -> list[CallProgress]:
    """The calls with their progress, as of now."""
    return [_call_progress(cycle, progress_of(cycle.name, cycle.datasets, shifters)) for cycle in cycles]


def _call_progress(cycle: CertificationCall, progress: CertificationProgress) -> CallProgress:
    is_over = cycle.deadline is not None and cycle.deadline < timezone.now()
    return CallProgress(cycle, progress, is_over and bool(progress.remaining))


def scope_interval(scope: Scope) -> tuple[datetime, datetime]:
    """When the days of the scope begin, and when they are over (UTC)."""
    return _midnight(scope.first or FIRST_DAY), _midnight((scope.last or LAST_DAY) + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))


def certified_runs(scope: Scope) -> list[int]:
    """The runs of the scope's certifications: one query of one column."""
    rows = scope.narrowed(TrackerCertification.objects.live()).order_by()
    return list(rows.values_list("runreconstruction__run_id", flat=True).distinct())


def shifter_by_reconstruction(runs: Collection[int], scope: Scope | None = None) -> ShifterByReconstruction:
    """Who certified which reconstruction of these runs, on any day, as far as the filters leave it: one query."""
    if not runs:
        return {}
    live = TrackerCertification.objects.live().filter(runreconstruction__run_id__in=runs).order_by()
    rows = scope.filtered(live) if scope else live
    names = ("runreconstruction__run", "runreconstruction__reconstruction")
    people = ("user__username", "user__first_name", "user__last_name")
    some = rows.select_related("runreconstruction", "user").only(*names, *people)
    return {(row.run_number, row.reconstruction): row.user.display_name for row in some}


def progress_context(datasets: list[RegistryDataset], cycles: list[CertificationCall], scope: Scope) -> dict[str, Any]:
    """Both halves of the part, each of what the filters leave; a call of which they leave nothing is none."""
    runs = {one.run_number for some in (datasets, *(cycle.datasets for cycle in cycles)) for one in some}
    shifters = shifter_by_reconstruction(runs)
    is_left = _dataset_filter(runs, shifters, scope)
    found = progress_by_reconstruction(filter(is_left, datasets), shifters)
    return {"progress": found, "calls": call_progress(_keep_wanted_datasets(cycles, is_left), shifters)}


def _dataset_filter(
    runs: set[int], shifters: ShifterByReconstruction, scope: Scope
) -> Callable[[RegistryDataset], bool]:
    """What is certified as the filters say; what nobody has certified, by what OMS says of the run alone."""
    passing, alike = shifter_by_reconstruction(runs, scope), scope.runs_like(runs)

    def is_left(one: RegistryDataset) -> bool:
        key = one.run_number, one.reconstruction or ""
        return key in passing or (key not in shifters and one.run_number in alike)

    return is_left
