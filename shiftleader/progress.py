"""Progress of the open datasets of the week and of certification calls: certified by whom, and what remains."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from certify.editor.worklist import datasets_by_reconstruction
from certify.filters.date_range import FIRST_DAY, LAST_DAY
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from certify.rules.run_numbers import MAX_RUNS, format_run_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from registry.certification_calls import CertificationCall
    from registry.parsing import RegistryDataset
    from reports.scope import Scope

ReconstructionKey = tuple[int, str]
ShifterByReconstruction = dict[ReconstructionKey, str]
MAX_CALLS = 10
COMPLETED = "completed"


@dataclass(frozen=True)
class CertificationProgress:
    """Progress of a set of datasets, one per run and reconstruction.

    `people`: name and number of certified datasets, most first. `remaining`: newest run first.
    """

    name: str
    total: int
    people: list[tuple[str, int]]
    remaining: list[RegistryDataset]

    @property
    def certified(self) -> int:
        return self.total - len(self.remaining)

    @property
    def searches(self) -> list[str]:
        """The remaining runs as search texts for the page of open runs: at most `MAX_RUNS` each, newest first."""
        runs = sorted({dataset.run_number for dataset in self.remaining}, reverse=True)
        return [format_run_numbers(runs[start : start + MAX_RUNS]) for start in range(0, len(runs), MAX_RUNS)]


@dataclass(frozen=True)
class CallProgress:
    """A certification call with its progress. `is_overdue`: its deadline has passed and datasets remain."""

    cycle: CertificationCall
    progress: CertificationProgress
    is_overdue: bool


def progress_of(
    name: str, datasets: Iterable[RegistryDataset], shifters: ShifterByReconstruction
) -> CertificationProgress:
    """The progress of these datasets; several of one run and reconstruction count as one."""
    chosen = datasets_by_reconstruction(datasets)
    people = Counter(shifters[key] for key in chosen if key in shifters)
    remaining = [dataset for key, dataset in chosen.items() if key not in shifters]
    return CertificationProgress(
        name=name,
        total=len(chosen),
        people=sorted(people.items(), key=lambda item: (-item[1], item[0])),
        remaining=sorted(remaining, key=lambda dataset: -dataset.run_number),
    )


def progress_by_reconstruction(
    datasets: Iterable[RegistryDataset], shifters: ShifterByReconstruction
) -> list[CertificationProgress]:
    """The progress of each reconstruction that has datasets, in the order of `Reconstruction`."""
    datasets = list(datasets)
    progress_list = (
        progress_of(name, [item for item in datasets if item.reconstruction == name], shifters)
        for name in Reconstruction.values
    )
    return [item for item in progress_list if item.total]


def calls_in_scope(
    calls: Iterable[CertificationCall],
    scope: Scope,
    runs: Collection[int],
    is_wanted: Callable[[RegistryDataset], bool],
) -> tuple[list[CertificationCall], int]:
    """The calls of the scope with their wanted datasets, next deadline first, and the number beyond `MAX_CALLS`.

    `runs`: the runs of the scope.
    """
    chosen = _keep_wanted_datasets([call for call in calls if _is_in_scope(call, scope, runs)], is_wanted)
    chosen.sort(key=lambda call: not _is_deadline_in_scope(call.deadline, scope))
    shown = sorted(chosen[:MAX_CALLS], key=lambda call: call.deadline or datetime.max.replace(tzinfo=UTC))
    return shown, len(chosen) - len(shown)


def _keep_wanted_datasets(
    calls: Iterable[CertificationCall], is_wanted: Callable[[RegistryDataset], bool]
) -> list[CertificationCall]:
    """The calls with only their wanted datasets; a call that loses all of its datasets is left out."""
    narrowed_calls = ((call, replace(call, datasets=tuple(filter(is_wanted, call.datasets)))) for call in calls)
    return [narrowed for call, narrowed in narrowed_calls if narrowed.datasets or not call.datasets]


def _is_in_scope(call: CertificationCall, scope: Scope, runs: Collection[int]) -> bool:
    """Whether the deadline is in the scope or in the future, the call is active in the scope, or it has runs of it.

    A call is active from its creation until its deadline or, if Tracker has not completed it, until now.
    """
    if call.deadline is None:
        return call.state != COMPLETED
    if _is_deadline_in_scope(call.deadline, scope) or any(dataset.run_number in runs for dataset in call.datasets):
        return True
    begin, end = scope_interval(scope)
    is_done, now = call.state == COMPLETED, timezone.now()
    is_on_then = (call.made_at or call.deadline) < end and begin <= (call.deadline if is_done else now)
    return is_on_then or (not is_done and call.deadline >= now)


def _is_deadline_in_scope(deadline: datetime | None, scope: Scope) -> bool:
    begin, end = scope_interval(scope)
    return deadline is not None and begin <= deadline < end


def call_progress(calls: Iterable[CertificationCall], shifters: ShifterByReconstruction) -> list[CallProgress]:
    """The calls with their current progress."""
    return [_call_progress(call, progress_of(call.name, call.datasets, shifters)) for call in calls]


def _call_progress(call: CertificationCall, progress: CertificationProgress) -> CallProgress:
    is_over = call.deadline is not None and call.deadline < timezone.now()
    return CallProgress(call, progress, is_over and bool(progress.remaining))


def scope_interval(scope: Scope) -> tuple[datetime, datetime]:
    """Begin and end (UTC, exclusive) of the days of the scope."""
    return _midnight(scope.first or FIRST_DAY), _midnight((scope.last or LAST_DAY) + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))


def certified_runs(scope: Scope) -> list[int]:
    """The runs of the scope's certifications: one query of one column."""
    rows = scope.narrowed(TrackerCertification.objects.live()).order_by()
    return list(rows.values_list("runreconstruction__run_id", flat=True).distinct())


def shifter_by_reconstruction(runs: Collection[int], scope: Scope | None = None) -> ShifterByReconstruction:
    """Name of the shifter of each certified reconstruction of these runs, on any day: one query.

    `scope`: restricts the certifications to those that match its filters.
    """
    if not runs:
        return {}
    live = TrackerCertification.objects.live().filter(runreconstruction__run_id__in=runs).order_by()
    rows = scope.filtered(live) if scope else live
    names = ("runreconstruction__run", "runreconstruction__reconstruction")
    people = ("user__username", "user__first_name", "user__last_name")
    certifications = rows.select_related("runreconstruction", "user").only(*names, *people)
    return {(row.run_number, row.reconstruction): row.user.display_name for row in certifications}


def progress_context(datasets: list[RegistryDataset], calls: list[CertificationCall], scope: Scope) -> dict[str, Any]:
    """Progress and calls for the template, each restricted to the datasets that match the filters."""
    runs = {dataset.run_number for group in (datasets, *(call.datasets for call in calls)) for dataset in group}
    shifters = shifter_by_reconstruction(runs)
    is_left = _dataset_filter(runs, shifters, scope)
    progress = progress_by_reconstruction(filter(is_left, datasets), shifters)
    return {"progress": progress, "calls": call_progress(_keep_wanted_datasets(calls, is_left), shifters)}


def _dataset_filter(
    runs: set[int], shifters: ShifterByReconstruction, scope: Scope
) -> Callable[[RegistryDataset], bool]:
    """A filter that keeps certified datasets by their certification and others by the OMS facts of their run."""
    passing, alike = shifter_by_reconstruction(runs, scope), scope.runs_like(runs)

    def is_left(dataset: RegistryDataset) -> bool:
        key = dataset.run_number, dataset.reconstruction or ""
        return key in passing or (key not in shifters and dataset.run_number in alike)

    return is_left
