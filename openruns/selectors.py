"""Data of the open runs page: rows of runs with a cell for each reconstruction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from certify.models.choices import Reconstruction
from certify.rules.run_numbers import format_run_numbers
from certify.selectors import live_certifications_of
from drafts.selectors import presence_of_runs
from infrastructure.http.errors import advice_for
from infrastructure.http.results import Found, Unreachable
from oms.choices import RunType
from oms.formatting import lumi_in_column
from oms.models import OmsRun
from oms.sanity import left_out_of_runs
from openruns.cells import OpenRunCell, OpenRunCellBuilder
from openruns.choices import ReconstructionStatus
from openruns.unnamed import UnnamedDataset, unnamed_datasets
from registry.parsing import left_out_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from oms.mirror import RunsReading
    from openruns.external_data import ExternalData
    from users.models import User


@dataclass(frozen=True)
class OpenRunRow:
    """One run: its facts as text (empty if not reported) and a cell for each reconstruction.

    `duration` is that of cosmics, which have no luminosity. `typed` maps each typed attribute to the account name of
    the user who typed it.
    """

    run_number: int
    run_type: str
    start_time: datetime | None
    fill: str
    lumisections: str
    duration: str
    recorded_lumi: str
    cells: tuple[OpenRunCell, ...]
    manual_url: str
    typed: dict[str, str]

    @property
    def has_open(self) -> bool:
        """Return whether a reconstruction is open. Other rows are displayed dimmed."""
        return any(cell.status == ReconstructionStatus.OPEN for cell in self.cells)


@dataclass(frozen=True)
class OpenRunsPage:
    """Rows, newest first, with the time of the request to Run Registry and messages.

    `registry_problem` and `oms_problem` are empty if the service answered; `notes` list missing runs and values;
    `unnamed`: datasets without a known reconstruction that are not certified.
    """

    runs: str
    rows: tuple[OpenRunRow, ...]
    asked_at: datetime
    registry_problem: str
    oms_problem: str
    notes: tuple[str, ...]
    unnamed: tuple[UnnamedDataset, ...] = ()
    columns: tuple[str, ...] = tuple(Reconstruction.labels)

    @cached_property
    def next_cell(self) -> OpenRunCell | None:
        """The reconstruction to certify next."""
        return next_cell(self.rows)

    @property
    def certified_count(self) -> int:
        """Return the number of reconstructions that are certified."""
        return self._count_cells(ReconstructionStatus.MINE, ReconstructionStatus.CERTIFIED)

    @property
    def total_count(self) -> int:
        """Return the number of reconstructions that are certified or open."""
        return self.certified_count + self._count_cells(ReconstructionStatus.OPEN)

    def _count_cells(self, *statuses: ReconstructionStatus) -> int:
        return sum(cell.status in statuses for row in self.rows for cell in row.cells)


def open_runs_page(numbers: list[int], runs: str, external_data: ExternalData, user: User) -> OpenRunsPage:
    """Return the page of a search for `numbers` (newest first), which stand in links as `runs`.

    Two queries: certifications, and open forms with drafts.
    """
    registry = external_data.registry
    datasets = registry.value if isinstance(registry, Found) else None
    certified = live_certifications_of(numbers, user.training_of)
    cells = OpenRunCellBuilder(runs, user, certified, datasets, presence_of_runs(numbers, user.pk))
    shown = [number for number in numbers if datasets is None or cells.has_data(number)]
    in_registry = {dataset.run_number for dataset in datasets or []}
    done = {(row.run_number, row.dataset.name) for row in certified.values() if row.dataset}
    left = [dataset for dataset in datasets or [] if (dataset.run_number, dataset.name) not in done]
    unnamed = unnamed_datasets(left, runs, all_open=user.in_training)
    without_dataset = in_registry - set(shown) - {dataset.run_number for dataset in unnamed}
    return OpenRunsPage(
        runs=runs,
        rows=tuple(build_row(number, external_data.oms.runs.get(number), cells) for number in shown),
        asked_at=registry.asked_at,
        registry_problem=outage_text(registry),
        oms_problem=outage_text(external_data.oms.problem),
        notes=(
            *(() if datasets is None else _registry_notes(set(numbers) - in_registry, without_dataset)),
            *(left_out_sentences(registry.value, registry.left_out) if isinstance(registry, Found) else ()),
            *oms_notes(shown, external_data.oms),
        ),
        unnamed=unnamed,
    )


def build_row(number: int, run: OmsRun | None, cells: OpenRunCellBuilder) -> OpenRunRow:
    """Return the row of one run; `run` is None if its facts are unknown."""
    facts = run or OmsRun(run_number=number)
    return OpenRunRow(
        run_number=number,
        run_type=facts.get_run_type_display() if run else "",
        start_time=facts.start_time,
        fill=_number_text(facts.fill_number),
        lumisections=_number_text(facts.lumisections),
        duration=_duration_text(facts),
        recorded_lumi="" if facts.recorded_lumi is None else lumi_in_column(facts.recorded_lumi),
        cells=cells.of_run(number),
        manual_url=cells.manual_url(number),
        typed={name: entry["by"] for name, entry in facts.typed.items()},
    )


def _duration_text(run: OmsRun) -> str:
    """The duration of a cosmics run in minutes, else empty."""
    if run.run_type != RunType.COSMICS or run.duration is None:
        return ""
    return f"{max(1, round(run.duration / 60))} min"


def next_cell(rows: Iterable[OpenRunRow]) -> OpenRunCell | None:
    """Return the first open reconstruction that nobody else has open, else the first open one; None without one."""
    cells = [cell for row in rows for cell in row.cells if cell.status == ReconstructionStatus.OPEN]
    return next((cell for cell in cells if not cell.is_open_elsewhere), cells[0] if cells else None)


def _number_text(value: int | None) -> str:
    return "" if value is None else str(value)


def outage_text(answer: object) -> str:
    """What happened to a service that is out. The usual advice fits the page of one run, so this page has its own."""
    if not isinstance(answer, Unreachable):
        return ""
    return f"{answer.reason}." if answer.advice == advice_for(answer.service) else answer.sentence


def oms_notes(shown: list[int], oms: RunsReading) -> Iterator[str]:
    """Yield messages for runs that OMS does not know and for values that were left out."""
    unknown = [number for number in shown if number not in oms.runs]
    if unknown and not oms.problem:
        numbers = format_run_numbers(unknown)
        yield f"OMS does not know: {numbers}. Certify them with values typed by hand, or try again later."
    yield from left_out_of_runs(oms.runs[number] for number in shown if number in oms.runs)


def _registry_notes(absent: set[int], without_offline: set[int]) -> Iterator[str]:
    """Yield messages for runs that have nothing to certify in Run Registry."""
    if absent:
        yield f"Not in Run Registry: {format_run_numbers(absent)}. Check the numbers, or try again later."
    if without_offline:
        yield f"In Run Registry without a dataset to certify: {format_run_numbers(without_offline)}."
