"""The statistics that reports show. Each is defined once: here, in `lumi_sums` (by day) or in `fill_statistics`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from certify.models.choices import Reconstruction, Verdict
from certify.models.lumisections_out import sum_out_text
from oms.choices import RunType
from reports.rows import row_of_each_run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reports.rows import ReportRow


@dataclass(frozen=True)
class OutSum:
    """What is out of certifications of one reconstruction: lumisections and luminosity (1/pb) of `runs` runs.

    `is_lumi_partial`: that of some of it, cosmics aside, is unknown, so that `lumi` is the least it can be.
    """

    lumisections: int
    lumi: float
    runs: int
    is_lumi_partial: bool

    @property
    def text(self) -> str:
        """Return "12 LS, 1.200 /pb in 3 runs"; empty if nothing is out."""
        return sum_out_text(self.lumisections, self.lumi, self.runs, is_partial=self.is_lumi_partial)


@dataclass(frozen=True)
class Statistics:
    """Sums over a set of certifications: count, distinct runs, lumisections, recorded luminosity (1/pb).

    The last two count each run once. `unknown_lumisections` and `unknown_lumi`: the number of runs without a value.
    `out`: what is out of each reconstruction that occurs, which may differ within a run; it is in the sums too.
    """

    certifications: int
    runs: int
    lumisections: int
    recorded_lumi: float
    unknown_lumisections: int
    unknown_lumi: int
    out: dict[str, OutSum] = field(default_factory=dict)

    @property
    def out_text(self) -> str:
        """What is out: "12 LS, 1.200 /pb in 3 runs", after the name of the reconstruction if there are several."""
        texts = {name: out.text for name, out in self.out.items() if out.runs}
        return "; ".join(f"{name} {text}" if len(self.out) > 1 else text for name, text in texts.items())


def statistics_of(rows: Iterable[ReportRow]) -> Statistics:
    """The sums over these rows. A run counts once in the sums, and once in `out` for each reconstruction."""
    rows = list(rows)
    runs = row_of_each_run(rows)
    return Statistics(
        certifications=len(rows),
        runs=len(runs),
        lumisections=sum(row.lumisections or 0 for row in runs),
        recorded_lumi=math.fsum(row.recorded_lumi or 0.0 for row in runs),
        unknown_lumisections=sum(row.lumisections is None for row in runs),
        unknown_lumi=sum(row.recorded_lumi is None for row in runs),
        out=_out_by_reconstruction(rows),
    )


def _out_by_reconstruction(rows: list[ReportRow]) -> dict[str, OutSum]:
    reconstructions = {row.group.reconstruction for row in rows}
    with_out = [row for row in rows if row.out.counting]
    return {
        name: _out_sum([row for row in with_out if row.group.reconstruction == name])
        for name in Reconstruction.values
        if name in reconstructions
    }


def _out_sum(rows: list[ReportRow]) -> OutSum:
    """The sum over rows of one reconstruction with something out: one per run, as no two are live."""
    return OutSum(
        lumisections=sum(row.out.count for row in rows),
        lumi=math.fsum(row.out.lumi or 0.0 for row in rows),
        runs=len(rows),
        is_lumi_partial=any(row.out.whole_lumi is None for row in rows if row.group.run_type != RunType.COSMICS),
    )


def with_verdict(rows: Iterable[ReportRow], verdict: Verdict) -> list[ReportRow]:
    """The rows with this verdict."""
    return [row for row in rows if row.verdict == verdict.value]


def statistics_by_verdict(rows: Iterable[ReportRow]) -> dict[Verdict, Statistics]:
    """The statistics of each verdict that occurs, in the order of `Verdict`."""
    rows = list(rows)
    by_verdict = {verdict: with_verdict(rows, verdict) for verdict in Verdict}
    return {verdict: statistics_of(verdict_rows) for verdict, verdict_rows in by_verdict.items() if verdict_rows}


@dataclass(frozen=True)
class OverviewRow:
    """The statistics of one run type and reconstruction.

    `without_trackermap`: the number of certifications made without a tracker map.
    """

    run_type: str
    reconstruction: str
    total: Statistics
    by_verdict: dict[Verdict, Statistics]
    first_run: int
    last_run: int
    without_trackermap: int

    def for_verdict(self, verdict: Verdict) -> Statistics:
        """The statistics of one verdict; all zero if it does not occur."""
        return self.by_verdict.get(verdict) or statistics_of([])

    @property
    def good_out(self) -> str:
        """What is out of the good runs, as text; empty if nothing is."""
        return self.for_verdict(Verdict.GOOD).out_text


def overview(rows: Iterable[ReportRow]) -> list[OverviewRow]:
    """A row for each run type and reconstruction that occurs, in the order of `ReportGroup.order`."""
    by_group: dict[tuple[str, str], list[ReportRow]] = {}
    for row in sorted(rows, key=lambda row: row.group.order):
        by_group.setdefault((row.group.run_type, row.group.reconstruction), []).append(row)
    return [_overview_row(*key, group_rows) for key, group_rows in by_group.items()]


def _overview_row(run_type: str, reconstruction: str, rows: list[ReportRow]) -> OverviewRow:
    return OverviewRow(
        run_type=run_type,
        reconstruction=reconstruction,
        total=statistics_of(rows),
        by_verdict=statistics_by_verdict(rows),
        first_run=min(row.run_number for row in rows),
        last_run=max(row.run_number for row in rows),
        without_trackermap=sum(not row.has_trackermap for row in rows),
    )


@dataclass(frozen=True)
class FlagChange:
    """A run whose verdicts in express and prompt are opposite. `day`: shift day of the later certification."""

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
        """Names of the components whose flag or low-statistics mark differs."""
        return [name for name in self.express.flags if self.express.flag_text(name) != self.prompt.flag_text(name)]


def changed_verdict(express: str, prompt: str) -> Verdict | None:
    """The verdict of prompt if that of express is the opposite, else None. Undecided has no opposite."""
    return Verdict(prompt) if {express, prompt} == {Verdict.GOOD.value, Verdict.BAD.value} else None


def flag_changes(rows: Iterable[ReportRow]) -> list[FlagChange]:
    """The runs with opposite verdicts in express and prompt, oldest first. Both must be among the rows."""
    by_reconstruction: dict[str, dict[int, ReportRow]] = {
        Reconstruction.EXPRESS.value: {},
        Reconstruction.PROMPT.value: {},
    }
    for row in rows:
        if row.group.reconstruction in by_reconstruction:
            by_reconstruction[row.group.reconstruction][row.run_number] = row
    express, prompt = by_reconstruction.values()
    pairs = [FlagChange(express[run], prompt[run]) for run in sorted(express.keys() & prompt.keys())]
    return [pair for pair in pairs if changed_verdict(pair.express.verdict, pair.prompt.verdict)]


@dataclass(frozen=True)
class Shifter:
    """A shifter with the statistics of their certifications."""

    username: str
    name: str
    total: Statistics
    by_verdict: dict[Verdict, Statistics]


def shifters(rows: Iterable[ReportRow]) -> list[Shifter]:
    """The shifters of these rows, by decreasing number of certifications."""
    by_shifter: dict[tuple[str, str], list[ReportRow]] = {}
    for row in rows:
        by_shifter.setdefault((row.username, row.shifter), []).append(row)
    people = [
        Shifter(*key, statistics_of(shifter_rows), statistics_by_verdict(shifter_rows))
        for key, shifter_rows in by_shifter.items()
    ]
    return sorted(people, key=lambda shifter: (-shifter.total.certifications, shifter.username))


@dataclass(frozen=True)
class Day:
    """A shift day: its overview, the fills of its collision runs, and the verdicts that changed on it."""

    day: date
    overview_rows: list[OverviewRow]
    fills: list[int]
    changes: list[FlagChange]
    report_rows: list[ReportRow]

    def runs(self, run_type: str, reconstruction: str, verdict: Verdict) -> list[int]:
        """Run numbers with this verdict, oldest first."""
        key = (run_type, reconstruction, verdict.value)
        return sorted(
            row.run_number
            for row in self.report_rows
            if (row.group.run_type, row.group.reconstruction, row.verdict) == key
        )


def days(rows: Iterable[ReportRow], changes: Iterable[FlagChange]) -> list[Day]:
    """The shift days with certifications, in order. Changes on other days are ignored."""
    by_day: dict[date, list[ReportRow]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row)
    changes = list(changes)
    return [
        Day(
            day,
            overview(day_rows),
            _fills_of_collisions(day_rows),
            [change for change in changes if change.day == day],
            day_rows,
        )
        for day, day_rows in sorted(by_day.items())
    ]


def _fills_of_collisions(rows: list[ReportRow]) -> list[int]:
    collisions = [row for row in rows if row.group.run_type == RunType.COLLISIONS]
    return sorted({row.fill_number for row in collisions if row.fill_number is not None})


def with_unknown_count(text: str, unknown: int) -> str:
    """Return the text of a sum, with the number of certifications whose value is unknown and is not in it."""
    return f"{text} ({unknown} unknown)" if unknown else text
