"""How far the open datasets of the week are certified, by whom, and what is left; and when certification calls end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from certify.editor.worklist import datasets_by_reconstruction
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from certify.rules.run_numbers import MOST_RUNS, in_words
from registry.certification_calls import Cycle
from registry.parsing import RegistryDataset
from reports.date_range import FIRST_DAY, LAST_DAY
from reports.filters.week import Scope

Key = tuple[int, str]
Shifters = dict[Key, str]
MOST_CALLS = 10
COMPLETED = "completed"


@dataclass(frozen=True)
class Progress:
    """Of some datasets, one for each run and reconstruction: which are certified by whom (name, count), which not."""

    name: str
    total: int
    people: list[tuple[str, int]]
    left: list[RegistryDataset]

    @property
    def certified(self) -> int:
        return self.total - len(self.left)

    @property
    def searches(self) -> list[str]:
        """The runs that are left, as the page of open runs takes them: at most a hundred at once, newest first."""
        runs = sorted({one.run_number for one in self.left}, reverse=True)
        return [in_words(runs[start : start + MOST_RUNS]) for start in range(0, len(runs), MOST_RUNS)]


@dataclass(frozen=True)
class Call:
    """A certification call with what is done of it. `is_overdue`: its deadline has passed with something left."""

    cycle: Cycle
    progress: Progress
    is_overdue: bool


def progress_of(name: str, datasets: Iterable[RegistryDataset], shifters: Shifters) -> Progress:
    """How far these datasets are; several of one run and reconstruction are one."""
    chosen = datasets_by_reconstruction(datasets)
    people = Counter(shifters[key] for key in chosen if key in shifters)
    left = [dataset for key, dataset in chosen.items() if key not in shifters]
    return Progress(
        name=name,
        total=len(chosen),
        people=sorted(people.items(), key=lambda item: (-item[1], item[0])),
        left=sorted(left, key=lambda one: -one.run_number),
    )


def by_reconstruction(datasets: Iterable[RegistryDataset], shifters: Shifters) -> list[Progress]:
    """The progress of each reconstruction that has datasets, in the order of every page."""
    datasets = list(datasets)
    found = (
        progress_of(name, [one for one in datasets if one.reconstruction == name], shifters)
        for name in Reconstruction.values
    )
    return [one for one in found if one.total]


def calls_of(
    cycles: Iterable[Cycle], scope: Scope, runs: Collection[int], is_wanted: Callable[[RegistryDataset], bool]
) -> tuple[list[Cycle], int]:
    """The calls of these days with the datasets that are wanted, the next deadline first; how many there are besides
    the first ten. `runs`: those that the days are about.
    """
    chosen = _left_of([one for one in cycles if _is_of_days(one, scope, runs)], is_wanted)
    chosen.sort(key=lambda one: not _is_among(one.deadline, scope))
    shown = sorted(chosen[:MOST_CALLS], key=lambda one: one.deadline or datetime.max.replace(tzinfo=UTC))
    return shown, len(chosen) - len(shown)


def _left_of(cycles: Iterable[Cycle], is_wanted: Callable[[RegistryDataset], bool]) -> list[Cycle]:
    """The calls with the datasets that are wanted; one that had some and has none left is left out."""
    both = ((one, replace(one, datasets=tuple(filter(is_wanted, one.datasets)))) for one in cycles)
    return [left for whole, left in both if left.datasets or not whole.datasets]


def _is_of_days(cycle: Cycle, scope: Scope, runs: Collection[int]) -> bool:
    """Its deadline is in these days or still to come, it runs on one of them, or it is about runs of these days.

    A call runs from when it was made until its deadline, or, with Tracker not completed, until now.
    """
    if cycle.deadline is None:
        return cycle.state != COMPLETED
    if _is_among(cycle.deadline, scope) or any(one.run_number in runs for one in cycle.datasets):
        return True
    begin, end = moments(scope)
    is_done, now = cycle.state == COMPLETED, timezone.now()
    is_on_then = (cycle.made_at or cycle.deadline) < end and begin <= (cycle.deadline if is_done else now)
    return is_on_then or (not is_done and cycle.deadline >= now)


def _is_among(deadline: datetime | None, scope: Scope) -> bool:
    begin, end = moments(scope)
    return deadline is not None and begin <= deadline < end


def as_calls(cycles: Iterable[Cycle], shifters: Shifters) -> list[Call]:
    """The calls with their progress, as of now."""
    return [_call(cycle, progress_of(cycle.name, cycle.datasets, shifters)) for cycle in cycles]


def _call(cycle: Cycle, progress: Progress) -> Call:
    is_over = cycle.deadline is not None and cycle.deadline < timezone.now()
    return Call(cycle, progress, is_over and bool(progress.left))


def moments(scope: Scope) -> tuple[datetime, datetime]:
    """When the days of the scope begin, and when they are over (UTC)."""
    return _midnight(scope.first or FIRST_DAY), _midnight((scope.last or LAST_DAY) + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))


def runs_certified(scope: Scope) -> list[int]:
    """The runs of the scope's certifications: one query of one column."""
    rows = scope.narrowed(TrackerCertification.objects.live()).order_by()
    return list(rows.values_list("runreconstruction__run_id", flat=True).distinct())


def shifters_of(runs: Collection[int], scope: Scope | None = None) -> Shifters:
    """Who certified which reconstruction of these runs, on any day, as far as the filters leave it: one query."""
    if not runs:
        return {}
    live = TrackerCertification.objects.live().filter(runreconstruction__run_id__in=runs).order_by()
    rows = scope.filtered(live) if scope else live
    names = ("runreconstruction__run", "runreconstruction__reconstruction")
    people = ("user__username", "user__first_name", "user__last_name")
    some = rows.select_related("runreconstruction", "user").only(*names, *people)
    return {(row.run_number, row.reconstruction): row.user.display_name for row in some}


def context_of(datasets: list[RegistryDataset], cycles: list[Cycle], scope: Scope) -> dict[str, Any]:
    """Both halves of the part, each of what the filters leave; a call of which they leave nothing is none."""
    runs = {one.run_number for some in (datasets, *(cycle.datasets for cycle in cycles)) for one in some}
    shifters = shifters_of(runs)
    is_left = _left_by_filters(runs, shifters, scope)
    found = by_reconstruction(filter(is_left, datasets), shifters)
    return {"progress": found, "calls": as_calls(_left_of(cycles, is_left), shifters)}


def _left_by_filters(runs: set[int], shifters: Shifters, scope: Scope) -> Callable[[RegistryDataset], bool]:
    """What is certified as the filters say; what nobody has certified, by what OMS says of the run alone."""
    passing, alike = shifters_of(runs, scope), scope.runs_like(runs)

    def is_left(one: RegistryDataset) -> bool:
        key = one.run_number, one.reconstruction or ""
        return key in passing or (key not in shifters and one.run_number in alike)

    return is_left
