"""The part "Day by day", with the shifters' notes on each day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from infrastructure.web.paging import requested_page
from reports.selectors import day_notes_on
from reports.statistics import Day, OverviewRow, days
from reports.weekly.phrases import fill_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from certify.models.choices import Verdict
    from reports.models import DayNote
    from reports.scope import Scope
    from users.access import SignedInRequest

PAGE_SIZE = 14


@dataclass(frozen=True)
class DaySummary:
    """A day as the page shows it.

    `overview_rows`: for each run type and reconstruction its URL, and the runs of each verdict with their URL.
    """

    day: Day
    overview_rows: list[tuple[OverviewRow, str, list[tuple[Verdict, list[int], str]]]]
    fills: list[tuple[int, str]]
    notes: list[DayNote]
    url: str


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A page of days: three queries (certifications, changed verdicts, notes)."""
    page = requested_page(request, days(scope.report_rows(), scope.flag_changes()), PAGE_SIZE)
    notes_by_day: dict[date, list[DayNote]] = {}
    for note in day_notes_on([day.day for day in page], scope.values.get("user") or ()):
        notes_by_day.setdefault(note.day, []).append(note)
    return {"page": page, "days": [_day_summary(day, notes_by_day.get(day.day, []), scope) for day in page]}


def _day_summary(day: Day, notes: list[DayNote], scope: Scope) -> DaySummary:
    url = partial(scope.rows_url, date_min=f"{day.day}", date_max=f"{day.day}")
    overview_rows = [
        (
            row,
            url(run_type=row.run_type, reconstruction=row.reconstruction),
            [(verdict, *_runs_and_url(day, row, verdict, url)) for verdict in row.by_verdict],
        )
        for row in day.overview_rows
    ]
    return DaySummary(day, overview_rows, [(number, fill_url(number)) for number in day.fills], notes, url())


def _runs_and_url(day: Day, row: OverviewRow, verdict: Verdict, url: Callable[..., str]) -> tuple[list[int], str]:
    runs_url = url(run_type=row.run_type, reconstruction=row.reconstruction, verdict=verdict.value)
    return day.runs(row.run_type, row.reconstruction, verdict), runs_url
