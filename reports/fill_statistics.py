"""The certified runs by fill and by run, with what each fill recorded. Luminosities in 1/pb."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from oms.choices import RunType
from reports.rows import FrozenFillFacts, ReportRow


@dataclass(frozen=True)
class Fill:
    """The certified runs of a fill (None: where no fill is known), newest first."""

    number: int | None
    report_rows: list[ReportRow]

    def report_rows_of(self, run_type: str, reconstruction: str) -> list[ReportRow]:
        return [
            line
            for line in self.report_rows
            if (line.group.run_type, line.group.reconstruction) == (run_type, reconstruction)
        ]


def fills(lines: Iterable[ReportRow]) -> list[Fill]:
    """The fills with their certified runs, newest fill first; runs of which no fill is known come last."""
    found: dict[int | None, list[ReportRow]] = {}
    for line in sorted(lines, key=lambda line: (-line.run_number, line.group.order)):
        found.setdefault(line.fill_number, []).append(line)
    return [Fill(number, found[number]) for number in sorted(found, key=lambda one: (one is None, -(one or 0)))]


@dataclass(frozen=True)
class FillLumi:
    """What a fill with colliding bunches recorded, by the facts of the certification that read OMS last.

    `certified`: recorded luminosity (1/pb) of its certified collision runs, each counted once.
    """

    number: int
    first_run: int
    last_run: int
    facts: FrozenFillFacts
    certified: float


def fill_lumis(lines: Iterable[ReportRow]) -> list[FillLumi]:
    """Those of the fills with colliding bunches, newest first. Where OMS did not say how many, collision runs tell."""
    return [
        _fill_lumi(fill.number, fill.report_rows)
        for fill in fills(lines)
        if fill.number and _has_collisions(fill.report_rows)
    ]


def _has_collisions(lines: list[ReportRow]) -> bool:
    bunches = _last_read_row(lines).fill.bunches_colliding
    return any(line.group.run_type == RunType.COLLISIONS for line in lines) if bunches is None else bunches > 0


def _last_read_row(lines: list[ReportRow]) -> ReportRow:
    return max(lines, key=lambda line: (line.read_at, line.pk))


def _fill_lumi(number: int, lines: list[ReportRow]) -> FillLumi:
    runs = [line.run_number for line in lines]
    collisions = [line for line in lines if line.group.run_type == RunType.COLLISIONS]
    return FillLumi(number, min(runs), max(runs), _last_read_row(lines).fill, lumi_of_runs(collisions))


def lumi_of_runs(lines: Iterable[ReportRow]) -> float:
    """Recorded luminosity (1/pb) with each run counted once, by the certification that read OMS last."""
    found: dict[int, list[ReportRow]] = {}
    for line in lines:
        found.setdefault(line.run_number, []).append(line)
    return math.fsum(_last_read_row(some).recorded_lumi or 0.0 for some in found.values())


@dataclass(frozen=True)
class Run:
    """One run with all that was said of it here, by reconstruction."""

    run_number: int
    fill_number: int | None
    by_reconstruction: dict[str, ReportRow]

    @property
    def run_types(self) -> list[str]:
        """What its certifications take it for; mostly one word."""
        return list(dict.fromkeys(line.group.run_type for line in self.by_reconstruction.values()))


def runs(lines: Iterable[ReportRow]) -> list[Run]:
    """The runs, newest first."""
    found: dict[int, dict[str, ReportRow]] = {}
    for line in sorted(lines, key=lambda line: (-line.run_number, line.group.order)):
        found.setdefault(line.run_number, {})[line.group.reconstruction] = line
    return [Run(number, _known_fill(some), some) for number, some in found.items()]


def _known_fill(some: dict[str, ReportRow]) -> int | None:
    return next((line.fill_number for line in some.values() if line.fill_number is not None), None)
