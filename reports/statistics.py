"""The numbers of reports, each computed here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from certify.models.choices import Reconstruction, Verdict
from oms.choices import RunType
from reports.rows import ReportRow


@dataclass(frozen=True)
class Statistics:
    """Of some certifications: how many, of how many runs, lumisections, recorded luminosity (1/pb).

    `unknown_lumisections` and `unknown_lumi` say how many certifications have none, and so add nothing.
    """

    certifications: int
    runs: int
    lumisections: int
    recorded_lumi: float
    unknown_lumisections: int
    unknown_lumi: int


def statistics_of(lines: Iterable[ReportRow]) -> Statistics:
    """The sum of these lines. A run counts once in `runs`, and with each of its reconstructions in the rest."""
    lines = list(lines)
    return Statistics(
        certifications=len(lines),
        runs=len({line.run_number for line in lines}),
        lumisections=sum(line.lumisections or 0 for line in lines),
        recorded_lumi=math.fsum(line.recorded_lumi or 0.0 for line in lines),
        unknown_lumisections=sum(line.lumisections is None for line in lines),
        unknown_lumi=sum(line.recorded_lumi is None for line in lines),
    )


def with_verdict(lines: Iterable[ReportRow], verdict: Verdict) -> list[ReportRow]:
    """Those of the lines that came to this verdict."""
    return [line for line in lines if line.verdict == verdict.value]


def statistics_by_verdict(lines: Iterable[ReportRow]) -> dict[Verdict, Statistics]:
    """The sum of each verdict there is, in the order of every page."""
    lines = list(lines)
    found = {verdict: with_verdict(lines, verdict) for verdict in Verdict}
    return {verdict: statistics_of(some) for verdict, some in found.items() if some}


@dataclass(frozen=True)
class OverviewRow:
    """One run type and reconstruction of an overview; `without_trackermap`: how many had none to look at."""

    run_type: str
    reconstruction: str
    total: Statistics
    by_verdict: dict[Verdict, Statistics]
    first_run: int
    last_run: int
    without_trackermap: int

    def for_verdict(self, verdict: Verdict) -> Statistics:
        """The sum of one verdict; of nothing where there is none."""
        return self.by_verdict.get(verdict) or statistics_of([])


def overview(lines: Iterable[ReportRow]) -> list[OverviewRow]:
    """A row for each run type and reconstruction there is, in the order of every report."""
    found: dict[tuple[str, str], list[ReportRow]] = {}
    for line in sorted(lines, key=lambda line: line.group.order):
        found.setdefault((line.group.run_type, line.group.reconstruction), []).append(line)
    return [_overview_row(*key, some) for key, some in found.items()]


def _overview_row(run_type: str, reconstruction: str, lines: list[ReportRow]) -> OverviewRow:
    return OverviewRow(
        run_type=run_type,
        reconstruction=reconstruction,
        total=statistics_of(lines),
        by_verdict=statistics_by_verdict(lines),
        first_run=min(line.run_number for line in lines),
        last_run=max(line.run_number for line in lines),
        without_trackermap=sum(not line.has_trackermap for line in lines),
    )


@dataclass(frozen=True)
class FlagChange:
    """A run whose verdict in prompt is the opposite of that in express; `day`: when the later was certified."""

    express: ReportRow
    prompt: ReportRow

    @property
    def run_number(self) -> int:
        return self.express.run_number

    @property
    def day(self) -> date:
        return max(self.express.day, self.prompt.day)

    @property
    def components(self) -> list[str]:
        """The components whose flag or low statistics differ."""
        return [name for name in self.express.flags if self.express.flag_text(name) != self.prompt.flag_text(name)]


def changed_verdict(express: str, prompt: str) -> Verdict | None:
    """What prompt came to where express came to the opposite. Undecided counts in neither: it is no opposite."""
    return Verdict(prompt) if {express, prompt} == {Verdict.GOOD.value, Verdict.BAD.value} else None


def flag_changes(lines: Iterable[ReportRow]) -> list[FlagChange]:
    """The runs of which express and prompt are both here and came to opposite verdicts: each once, oldest first."""
    of: dict[str, dict[int, ReportRow]] = {Reconstruction.EXPRESS.value: {}, Reconstruction.PROMPT.value: {}}
    for line in lines:
        if line.group.reconstruction in of:
            of[line.group.reconstruction][line.run_number] = line
    express, prompt = of.values()
    pairs = [FlagChange(express[run], prompt[run]) for run in sorted(express.keys() & prompt.keys())]
    return [pair for pair in pairs if changed_verdict(pair.express.verdict, pair.prompt.verdict)]


@dataclass(frozen=True)
class Shifter:
    """One person with what they certified."""

    username: str
    name: str
    total: Statistics
    by_verdict: dict[Verdict, Statistics]


def shifters(lines: Iterable[ReportRow]) -> list[Shifter]:
    """Everybody who certified some of these, who certified most first."""
    found: dict[tuple[str, str], list[ReportRow]] = {}
    for line in lines:
        found.setdefault((line.username, line.shifter), []).append(line)
    people = [Shifter(*who, statistics_of(some), statistics_by_verdict(some)) for who, some in found.items()]
    return sorted(people, key=lambda one: (-one.total.certifications, one.username))


def same_day(day: date) -> date:
    """Each day."""
    return day


def first_of_month(day: date) -> date:
    """The first day of the month."""
    return day.replace(day=1)


def lumi_by_day(
    lines: Iterable[ReportRow], period: Callable[[date], date] = same_day
) -> dict[str, dict[date, dict[Verdict, float]]]:
    """Recorded luminosity (1/pb) by reconstruction, shift day and verdict: a run counts once in each reconstruction.

    `period` gives the day that a day is counted under.
    """
    found: dict[str, dict[date, list[ReportRow]]] = {}
    for line in sorted(lines, key=lambda line: line.day):
        found.setdefault(line.group.reconstruction, {}).setdefault(period(line.day), []).append(line)
    return {
        name: {
            day: {verdict: one.recorded_lumi for verdict, one in statistics_by_verdict(some).items()}
            for day, some in found[name].items()
        }
        for name in Reconstruction.values
        if name in found
    }


@dataclass(frozen=True)
class Day:
    """One shift day: its overview, the fills of its collision runs, and the verdicts that changed on it."""

    day: date
    overview_rows: list[OverviewRow]
    fills: list[int]
    changes: list[FlagChange]
    report_rows: list[ReportRow]

    def runs(self, run_type: str, reconstruction: str, verdict: Verdict) -> list[int]:
        """The runs of one verdict, oldest first."""
        of = (run_type, reconstruction, verdict.value)
        return sorted(
            line.run_number
            for line in self.report_rows
            if (line.group.run_type, line.group.reconstruction, line.verdict) == of
        )


def days(lines: Iterable[ReportRow], changes: Iterable[FlagChange]) -> list[Day]:
    """The shift days on which something was certified, in order. Changes on other days are not of these lines."""
    found: dict[date, list[ReportRow]] = {}
    for line in lines:
        found.setdefault(line.day, []).append(line)
    changes = list(changes)
    return [
        Day(day, overview(some), _fills_of_collisions(some), [one for one in changes if one.day == day], some)
        for day, some in sorted(found.items())
    ]


def _fills_of_collisions(lines: list[ReportRow]) -> list[int]:
    collisions = [line for line in lines if line.group.run_type == RunType.COLLISIONS]
    return sorted({line.fill_number for line in collisions if line.fill_number is not None})
