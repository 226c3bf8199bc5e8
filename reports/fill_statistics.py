"""Certifications grouped by fill and by run, with the luminosity of each fill. Luminosities in 1/pb."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oms.choices import RunType
from reports.rows import last_read_row, row_of_each_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.rows import FrozenFillFacts, ReportRow


@dataclass(frozen=True)
class Fill:
    """The certifications of a fill, newest run first. `number` is None if the fill is unknown."""

    number: int | None
    report_rows: list[ReportRow]

    def report_rows_of(self, run_type: str, reconstruction: str) -> list[ReportRow]:
        return [
            row
            for row in self.report_rows
            if (row.group.run_type, row.group.reconstruction) == (run_type, reconstruction)
        ]


def fills(rows: Iterable[ReportRow]) -> list[Fill]:
    """The fills with their certifications, newest fill first; the runs of unknown fill come last."""
    by_fill: dict[int | None, list[ReportRow]] = {}
    for row in sorted(rows, key=lambda row: (-row.run_number, row.group.order)):
        by_fill.setdefault(row.fill_number, []).append(row)
    return [
        Fill(number, by_fill[number]) for number in sorted(by_fill, key=lambda number: (number is None, -(number or 0)))
    ]


@dataclass(frozen=True)
class FillLumi:
    """The luminosity of a fill with colliding bunches, from the certification that read OMS last.

    `certified`: recorded luminosity (1/pb) of its certified collision runs, each counted once; `unknown_lumi`: how many
    of them have no value, which adds nothing.
    """

    number: int
    first_run: int
    last_run: int
    facts: FrozenFillFacts
    certified: float
    unknown_lumi: int = 0


def fill_lumis(rows: Iterable[ReportRow]) -> list[FillLumi]:
    """The fills with colliding bunches, newest first.

    If OMS gave no number of colliding bunches, a fill counts if it has certified collision runs.
    """
    return [
        _fill_lumi(fill.number, fill.report_rows)
        for fill in fills(rows)
        if fill.number and _has_collisions(fill.report_rows)
    ]


def _has_collisions(rows: list[ReportRow]) -> bool:
    bunches = last_read_row(rows).fill.bunches_colliding
    return any(row.group.run_type == RunType.COLLISIONS for row in rows) if bunches is None else bunches > 0


def _fill_lumi(number: int, rows: list[ReportRow]) -> FillLumi:
    runs = [row.run_number for row in rows]
    collisions = [row for row in rows if row.group.run_type == RunType.COLLISIONS]
    return FillLumi(number, min(runs), max(runs), last_read_row(rows).fill, *lumi_of_runs(collisions))


def lumi_of_runs(rows: Iterable[ReportRow]) -> tuple[float, int]:
    """Recorded luminosity (1/pb) and the number of runs without one.

    Each run is counted once, with the certification that read OMS last.
    """
    lumis = [row.recorded_lumi for row in row_of_each_run(rows)]
    return math.fsum(lumi for lumi in lumis if lumi is not None), lumis.count(None)


@dataclass(frozen=True)
class Run:
    """A run with its certifications by reconstruction."""

    run_number: int
    fill_number: int | None
    by_reconstruction: dict[str, ReportRow]

    @property
    def run_types(self) -> list[str]:
        """The distinct run types of its certifications; usually one."""
        return list(dict.fromkeys(row.group.run_type for row in self.by_reconstruction.values()))


def runs(rows: Iterable[ReportRow]) -> list[Run]:
    """The runs, newest first."""
    by_run: dict[int, dict[str, ReportRow]] = {}
    for row in sorted(rows, key=lambda row: (-row.run_number, row.group.order)):
        by_run.setdefault(row.run_number, {})[row.group.reconstruction] = row
    return [
        Run(number, _known_fill(by_reconstruction), by_reconstruction) for number, by_reconstruction in by_run.items()
    ]


def _known_fill(by_reconstruction: dict[str, ReportRow]) -> int | None:
    return next((row.fill_number for row in by_reconstruction.values() if row.fill_number is not None), None)
