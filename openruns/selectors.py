"""The open runs page as one prepared object: rows of runs, each with a cell per reconstruction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from certify.models.choices import Reconstruction
from certify.rules.run_numbers import in_words
from certify.selectors import live_certifications_of
from drafts.selectors import marks_of_runs
from infrastructure.http.errors import advice_for
from infrastructure.http.results import Found, Unreachable
from oms.formatting import lumi_text
from oms.mirror import RunsOnPage
from oms.models import OmsRun
from oms.sanity import impossible_values
from openruns.cells import Cell, Cells
from openruns.choices import Stand
from openruns.external_data import Outside
from users.models import User


@dataclass(frozen=True)
class Row:
    """One run: its facts in words (empty where there is none), and a cell per reconstruction.

    `typed`: by fact who typed it, where a person's value stands.
    """

    run_number: int
    run_type: str
    start_time: datetime | None
    fill: str
    lumisections: str
    recorded_lumi: str
    cells: tuple[Cell, ...]
    by_hand: str
    typed: dict[str, str]

    @property
    def has_open(self) -> bool:
        """Whether something is left to do on the run; a row without recedes."""
        return any(cell.stand == Stand.OPEN for cell in self.cells)


@dataclass(frozen=True)
class OpenRunsPage:
    """Rows, newest first, when Run Registry was asked, and a sentence for what is out and for what is not there."""

    runs: str
    rows: tuple[Row, ...]
    asked_at: datetime
    registry_problem: str
    oms_problem: str
    notes: tuple[str, ...]
    columns: tuple[str, ...] = tuple(Reconstruction.labels)

    @property
    def done(self) -> int:
        """Reconstructions certified here."""
        return self._count(Stand.MINE, Stand.CERTIFIED)

    @property
    def total(self) -> int:
        """Reconstructions certified here or open."""
        return self.done + self._count(Stand.OPEN)

    def _count(self, *stands: Stand) -> int:
        return sum(cell.stand in stands for row in self.rows for cell in row.cells)


def open_runs_page(numbers: list[int], typed: str, outside: Outside, user: User) -> OpenRunsPage:
    """The page of a search for `numbers` (newest first), typed as `typed`: two queries, certifications and marks."""
    registry = outside.registry
    datasets = registry.value if isinstance(registry, Found) else None
    certified = live_certifications_of(numbers, user.practice_of)
    cells = Cells(" ".join(typed.split()), user, certified, datasets, marks_of_runs(numbers, user.pk))
    shown = [number for number in numbers if datasets is None or cells.has_any(number)]
    in_registry = {dataset.run_number for dataset in datasets or []}
    return OpenRunsPage(
        runs=in_words(numbers),
        rows=tuple(_row(number, outside.oms.runs.get(number), cells) for number in shown),
        asked_at=registry.asked_at,
        registry_problem=_happened(registry),
        oms_problem=_happened(outside.oms.problem),
        notes=(
            *(() if datasets is None else _notes(set(numbers) - in_registry, in_registry - set(shown))),
            *_notes_of_oms(shown, outside.oms),
        ),
    )


def _row(number: int, run: OmsRun | None, cells: Cells) -> Row:
    facts = run or OmsRun(run_number=number)
    return Row(
        run_number=number,
        run_type=facts.get_run_type_display() if run else "",
        start_time=facts.start_time,
        fill=_in_words(facts.fill_number),
        lumisections=_in_words(facts.lumisections),
        recorded_lumi="" if facts.recorded_lumi is None else lumi_text(facts.recorded_lumi),
        cells=cells.of_run(number),
        by_hand=cells.by_hand(number),
        typed={name: mark["by"] for name, mark in facts.typed.items()},
    )


def _in_words(value: int | None) -> str:
    return "" if value is None else str(value)


def _happened(answer: object) -> str:
    """What happened to a service that is out. The advice of a single run's page does not fit a list of runs."""
    if not isinstance(answer, Unreachable):
        return ""
    return answer.sentence.removesuffix(advice_for(answer.service)).strip()


def _notes_of_oms(shown: list[int], oms: RunsOnPage) -> Iterator[str]:
    """Which of the runs OMS does not know, and the impossible values it gave for others."""
    unknown = [number for number in shown if number not in oms.runs]
    if unknown and not oms.problem:
        yield f"OMS does not know: {in_words(unknown)}. Certify them with values typed by hand, or ask again later."
    odd = {number: impossible_values(oms.runs[number]) for number in shown if number in oms.runs}
    if words := "; ".join(f"{number} {', '.join(said)}" for number, said in odd.items() if said):
        yield f"OMS gives impossible values, left out here: {words}. Type the values where you know them."


def _notes(absent: set[int], without_offline: set[int]) -> Iterator[str]:
    """What is said of the runs that have nothing to certify in Run Registry."""
    if absent:
        yield f"Not in Run Registry: {in_words(absent)}. Check the numbers, or ask again later."
    if without_offline:
        yield f"In Run Registry without a dataset to certify: {in_words(without_offline)}."
