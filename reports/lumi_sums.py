"""Recorded luminosity of certifications by shift day or month, and by verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.models.choices import Reconstruction, Verdict
from oms.formatting import at_least, lumi_in_column
from reports.statistics import statistics_by_verdict, with_unknown_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from reports.rows import ReportRow


def same_day(day: date) -> date:
    """The day itself: the period of a chart by day."""
    return day


def first_of_month(day: date) -> date:
    """The first day of the month."""
    return day.replace(day=1)


@dataclass(frozen=True)
class LumiSum:
    """Recorded luminosity (1/pb) of certifications; `unknown`: the number of those without a value, not in the sum.

    `out`: what is out of it, 1/pb, the least it can be if `is_out_partial`. `verdict`: of the certifications.
    """

    recorded: float
    unknown: int = 0
    out: float = 0.0
    is_out_partial: bool = False
    verdict: Verdict = Verdict.GOOD

    @property
    def positive(self) -> float:
        """The sum as the height of a bar. OMS has given negative luminosities before; they count as zero."""
        return max(self.recorded, 0.0)

    @property
    def text(self) -> str:
        """The sum, how many are unknown, and what is out: "20.750 /pb (2 unknown), out of good: 1.200 /pb"."""
        lumi = at_least(lumi_in_column(self.out), is_partial=self.is_out_partial)
        out = f", out of {self.verdict.value}: {lumi}" if self.out else ""
        return with_unknown_count(lumi_in_column(self.recorded), self.unknown) + out


def unknown_count(sums: Iterable[LumiSum]) -> int:
    """The number of certifications that are not in these sums because their luminosity is unknown."""
    return sum(each.unknown for each in sums)


def unknown_note(count: int) -> str:
    """Explanation of the asterisks in a chart; empty without unknown values."""
    noun = "certification" if count == 1 else "certifications"
    return f"* without {count} {noun} of unknown luminosity" if count else ""


def lumi_by_day(
    rows: Iterable[ReportRow], period: Callable[[date], date] = same_day
) -> dict[str, dict[date, dict[Verdict, LumiSum]]]:
    """Recorded luminosity by reconstruction, shift day and verdict: a run counts once in each reconstruction.

    `period`: maps a day to the first day of the period that it is counted in.
    """
    by_reconstruction: dict[str, dict[date, list[ReportRow]]] = {}
    for row in sorted(rows, key=lambda row: row.day):
        by_reconstruction.setdefault(row.group.reconstruction, {}).setdefault(period(row.day), []).append(row)
    return {
        name: {
            day: {
                verdict: LumiSum(
                    sums.recorded_lumi,
                    sums.unknown_lumi,
                    sums.out[name].lumi,
                    sums.out[name].is_lumi_partial,
                    verdict,
                )
                for verdict, sums in statistics_by_verdict(day_rows).items()
            }
            for day, day_rows in by_reconstruction[name].items()
        }
        for name in Reconstruction.values
        if name in by_reconstruction
    }
