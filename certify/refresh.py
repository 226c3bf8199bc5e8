"""Completing certifications once OMS and Run Registry are back, and reading young runs again: OMS recomputes them.

Safe to run every few minutes and twice at once: one refresh at a time on a machine, and each certification is changed
under a lock of its run. Few calls: the mirror reads what is not fresh in merged ranges, Run Registry is asked once.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from certify.fact_actions import complete_certification
from certify.models import TrackerCertification
from certify.staleness import DATASET, dataset_named, set_mark
from oms.mirror import SETTLED_AFTER, runs_for_page
from registry.client import datasets_of_runs
from registry.wire import ONLINE, RegistryDataset
from remote.answers import Unreachable
from remote.budget import Budget
from users.models import User

# The newest that need it; the next round takes the rest, since those that were completed are gone from it.
MOST_RUNS = 300
# A run without an end counts as over after so long.
LONGEST_RUN = timedelta(days=2)


@dataclass
class Refreshed:
    """What came of a refresh. `problems`: one sentence for each service that is out; `was_running`: another one was."""

    runs: int = 0
    completed: list[TrackerCertification] = field(default_factory=list)
    stale: list[TrackerCertification] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    was_running: bool = False


def refresh_facts(budget: Budget, actor: User | None = None) -> Refreshed:
    """Read again what is not settled and fill in what was missing; no typed value is touched. No actor: the command."""
    with _alone() as is_alone:
        return _refreshed(budget, actor) if is_alone else Refreshed(was_running=True)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other refresh runs on this machine; the lock ends with the process, however that ends."""
    with (settings.VAR_DIR / "refresh.lock").open("w") as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _refreshed(budget: Budget, actor: User | None) -> Refreshed:
    began = timezone.now()
    numbers = runs_to_read()
    done = Refreshed(runs=len(numbers))
    read = runs_for_page(numbers, budget)
    if read.problem:
        done.problems.append(read.problem.sentence)
    rows = _certifications_of(numbers)
    named = _named(rows, budget, done)
    for made in rows:
        of_run = named.get(made.run_number)
        verified = _compare_dataset(made, of_run) if of_run is not None else None
        if not made.external_info_complete and complete_certification(actor, made.pk, verified):
            done.completed.append(made)
    newly = TrackerCertification.objects.live().with_names().filter(stale_since__gte=began)
    done.stale = list(newly.order_by("pk")) if numbers else []
    return done


def runs_to_read() -> list[int]:
    """The certified runs of which something is missing or typed, and those that OMS may still recompute."""
    over = Coalesce("runreconstruction__run__end_time", F("runreconstruction__run__start_time") + LONGEST_RUN)
    rows = TrackerCertification.objects.live().annotate(settles=over + SETTLED_AFTER)
    wanted = rows.filter(Q(external_info_complete=False) | Q(runreconstruction__run__fetched_at__lte=F("settles")))
    numbers = wanted.order_by("-runreconstruction__run_id").values_list("runreconstruction__run_id", flat=True)
    return list(numbers.distinct()[:MOST_RUNS])


def _certifications_of(numbers: list[int]) -> list[TrackerCertification]:
    rows = TrackerCertification.objects.live().with_names().filter(runreconstruction__run_id__in=numbers)
    return list(rows.order_by("runreconstruction__run_id", "pk"))


def _named(rows: list[TrackerCertification], budget: Budget, done: Refreshed) -> dict[int, list[RegistryDataset]]:
    """The datasets that Run Registry names for these runs, by run; a run that it does not know is not in it."""
    said = datasets_of_runs({made.run_number for made in rows}, budget, with_online=True)
    if isinstance(said, Unreachable):
        done.problems.append(said.sentence)
        return {}
    by_run: dict[int, list[RegistryDataset]] = {}
    for dataset in said.value:
        by_run.setdefault(dataset.run_number, []).append(dataset)
    return by_run


def _compare_dataset(made: TrackerCertification, of_run: list[RegistryDataset]) -> str | None:
    """The dataset to fill in or to verify; where another one stands, the mark of the difference is set instead."""
    offered = [one for one in of_run if one.name != ONLINE and one.reconstruction == made.reconstruction]
    names = [one.name for one in sorted(offered, key=lambda one: not one.is_open)]
    expected = dataset_named(made)
    others = [one for one in made.stale if one["fact"] != DATASET]
    if expected in names or not expected:
        set_mark(made, others)
        return expected or next(iter(names), None)
    if names or made.is_dataset_verified:
        set_mark(made, [*others, {"fact": DATASET, "was": expected, "now": next(iter(names), "")}])
    return None
