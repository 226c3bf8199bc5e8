"""What is open now: the open datasets of Run Registry without what is certified here, by run type."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from certify.editor.pace import shift_pace, time_left
from certify.editor.worklist import datasets_by_reconstruction
from certify.models.choices import Reconstruction
from certify.rules.run_numbers import MAX_RUNS, format_run_numbers
from certify.selectors import certified_reconstructions, live_certifications_of
from drafts.selectors import presence_of_runs
from infrastructure.http.budget import Budget
from oms.choices import RunType
from oms.mirror import RunsReading, runs_for_page
from oms.models import OmsRun
from oms.parsing import derive_run_type
from openruns.cells import OpenRunCellBuilder
from openruns.selectors import OpenRunRow, build_row, next_cell, oms_notes, outage_text
from registry.open_datasets import open_datasets
from registry.parsing import run_type_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from openruns.cells import CellKey, OpenRunCell
    from registry.flags import FlaggedDataset
    from registry.parsing import RegistryDataset
    from users.models import User

_NOUNS = {RunType.COLLISIONS: "collisions", RunType.COSMICS: "cosmics", RunType.UNKNOWN: "of unknown type"}


@dataclass(frozen=True)
class RunSearch:
    """A search of at most `MAX_RUNS` runs: the runs as text, and the URL of the search."""

    runs: str
    url: str

    @classmethod
    def of(cls, numbers: Collection[int]) -> RunSearch:
        runs = format_run_numbers(numbers)
        return cls(runs, f"{reverse('openruns:open-runs')}?{urlencode({'runs': runs})}")


@dataclass(frozen=True)
class OpenGroup:
    """The open reconstructions of one run type: `count` of them, `rows` for the newest runs.

    `parts`: (reconstruction, count). `searches`: all of its runs, newest first. `more`: the number of runs without row.
    """

    noun: str
    count: int
    parts: list[tuple[str, int]]
    rows: list[OpenRunRow]
    searches: list[RunSearch]
    more: int

    @property
    def count_text(self) -> str:
        """Return "147 datasets of collisions"."""
        return f"{self.count} dataset{'s' if self.count != 1 else ''} of {self.noun.removeprefix('of ')}"


@dataclass(frozen=True)
class OpenNow:
    """What is open by Run Registry's answer of `asked_at` (UTC; None without one) and not certified here.

    `problem`: a sentence if Run Registry does not answer; `oms_problem` likewise; `notes`: runs and values
    that are missing in OMS. `search`: the search of the newest runs, of `run_count` altogether. `time_left`: at the
    person's pace, "" if unknown.
    """

    groups: list[OpenGroup]
    asked_at: datetime | None
    problem: str
    oms_problem: str
    notes: tuple[str, ...]
    search: RunSearch | None
    run_count: int
    next_cell: OpenRunCell | None
    time_left: str

    @property
    def count(self) -> int:
        """The number of open reconstructions."""
        return sum(group.count for group in self.groups)

    @property
    def start_url(self) -> str:
        """The form of the first open reconstruction; "" if nothing is open."""
        return self.next_cell.url if self.next_cell else ""

    @cached_property
    def columns(self) -> list[str]:
        """Express and prompt, and the other reconstructions that a row has."""
        always = {Reconstruction.EXPRESS.value, Reconstruction.PROMPT.value}
        cells = (cell for group in self.groups for row in group.rows for cell in row.cells)
        present = {cell.reconstruction for cell in cells if cell.status}
        return [name for name in Reconstruction.values if name in always | present]


def open_now(user: User, rows_per_type: int, *, has_facts: bool = True, is_retry: bool = False) -> OpenNow:
    """Return what is open now, with the newest runs of each type as rows, with their facts if `has_facts`.

    One request to Run Registry, unless its answer is cached, and requests to OMS for rows whose facts are not stored.
    Seven queries when they are, whatever the number of runs.
    """
    budget = Budget.for_page(is_retry=is_retry)
    found = open_datasets(budget, is_retry=is_retry)
    left = _without_certified(found.datasets, user)
    types = _types_of_runs(left.values())
    by_type = {run_type: _runs_of_type(left, types, run_type) for run_type in RunType}
    shown = [number for numbers in by_type.values() for number in numbers[:rows_per_type]]
    oms = runs_for_page(shown, budget) if has_facts else RunsReading({}, None)
    rows = _rows_of(shown, left, by_type, oms, user)
    numbers = sorted({number for number, _ in left}, reverse=True)
    return OpenNow(
        groups=[_group(run_type, runs, left, rows) for run_type, runs in by_type.items() if runs],
        asked_at=found.asked_at,
        problem=outage_text(found.problem),
        oms_problem=outage_text(oms.problem),
        notes=tuple(oms_notes(shown, oms)) if has_facts else (),
        search=RunSearch.of(numbers[:MAX_RUNS]) if numbers else None,
        run_count=len(numbers),
        next_cell=next_cell(rows[number] for number in shown),
        time_left=time_left(len(left), shift_pace(user)),
    )


def _without_certified(datasets: Iterable[FlaggedDataset], user: User) -> dict[CellKey, FlaggedDataset]:
    """Return the open datasets by (run, reconstruction), without those that are certified here: one query."""
    flagged = {id(dataset.dataset): dataset for dataset in datasets}
    chosen = datasets_by_reconstruction(dataset.dataset for dataset in flagged.values())
    certified = certified_reconstructions({number for number, _ in chosen}, user.training_of)
    return {key: flagged[id(dataset)] for key, dataset in chosen.items() if key not in certified}


def _types_of_runs(datasets: Iterable[FlaggedDataset]) -> dict[int, str]:
    """Return the type of each run: as stored here, else by the HLT key, the dataset's name and the class: one query."""
    by_run = {dataset.run_number: dataset for dataset in datasets}
    stored = OmsRun.objects.filter(pk__in=by_run).exclude(run_type=RunType.UNKNOWN).values_list("pk", "run_type")
    return {number: _type_in_registry(dataset) for number, dataset in by_run.items()} | dict(stored)


def _type_in_registry(flagged: FlaggedDataset) -> str:
    derived = derive_run_type(flagged.hlt_key, flagged.stable_beam)
    if derived != RunType.UNKNOWN:
        return derived.value
    return run_type_in(flagged.dataset.name) or run_type_in(flagged.dataset.run_class) or RunType.UNKNOWN.value


def _runs_of_type(left: Iterable[CellKey], types: dict[int, str], run_type: str) -> list[int]:
    """Return the runs of this type, newest first."""
    return sorted({number for number, _ in left if types[number] == run_type}, reverse=True)


def _rows_of(
    shown: list[int],
    left: dict[CellKey, FlaggedDataset],
    by_type: dict[RunType, list[int]],
    oms: RunsReading,
    user: User,
) -> dict[int, OpenRunRow]:
    """Return the rows by run: two queries. Their cells lead through the search of the newest runs of the type."""
    certified, presence = live_certifications_of(shown, user.training_of), presence_of_runs(shown, user.pk)
    datasets: list[RegistryDataset] = [flagged.dataset for flagged in left.values()]
    rows: dict[int, OpenRunRow] = {}
    for numbers in by_type.values():
        search = format_run_numbers(numbers[:MAX_RUNS])
        cells = OpenRunCellBuilder(search, user, certified, datasets, presence)
        rows |= {number: build_row(number, oms.runs.get(number), cells) for number in numbers if number in shown}
    return rows


def _group(run_type: RunType, numbers: list[int], left: Iterable[CellKey], rows: dict[int, OpenRunRow]) -> OpenGroup:
    of_type = set(numbers)
    counts = Counter(reconstruction for number, reconstruction in left if number in of_type)
    shown = [rows[number] for number in numbers if number in rows]
    return OpenGroup(
        noun=_NOUNS[run_type],
        count=counts.total(),
        parts=[(name, counts[name]) for name in Reconstruction.values if counts[name]],
        rows=shown,
        searches=[RunSearch.of(numbers[at : at + MAX_RUNS]) for at in range(0, len(numbers), MAX_RUNS)],
        more=len(numbers) - len(shown),
    )
