"""The week day by day, with the shifters' own words on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from certify.models.choices import Verdict
from infrastructure.web.paging import requested_page
from reports.models import DayNote
from reports.scope import Scope
from reports.selectors import day_notes_on
from reports.statistics import Day, OverviewRow, days
from reports.weekly.phrases import fill_url
from users.access import SignedInRequest

PAGE_SIZE = 14


@dataclass(frozen=True)
class DaySummary:
    """A day as the page shows it; `kinds`: by run type and reconstruction the runs of each verdict, with addresses."""

    day: Day
    overview_rows: list[tuple[OverviewRow, str, list[tuple[Verdict, list[int], str]]]]
    fills: list[tuple[int, str]]
    notes: list[DayNote]
    url: str


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Three queries: certifications, changed verdicts, words."""
    page = requested_page(request, days(scope.report_rows(), scope.flag_changes()), PAGE_SIZE)
    words: dict[date, list[DayNote]] = {}
    for note in day_notes_on([one.day for one in page], scope.values.get("user") or ()):
        words.setdefault(note.day, []).append(note)
    return {"page": page, "days": [_day_summary(one, words.get(one.day, []), scope) for one in page]}


def _day_summary(one: Day, notes: list[DayNote], scope: Scope) -> DaySummary:
    url = partial(scope.rows_url, date_min=f"{one.day}", date_max=f"{one.day}")
    kinds = [
        (
            row,
            url(run_type=row.run_type, reconstruction=row.reconstruction),
            [(verdict, *_runs_and_url(one, row, verdict, url)) for verdict in row.by_verdict],
        )
        for row in one.overview_rows
    ]
    return DaySummary(one, kinds, [(number, fill_url(number)) for number in one.fills], notes, url())


def _runs_and_url(one: Day, row: OverviewRow, verdict: Verdict, url: Callable[..., str]) -> tuple[list[int], str]:
    where = url(run_type=row.run_type, reconstruction=row.reconstruction, verdict=verdict.value)
    return one.runs(row.run_type, row.reconstruction, verdict), where
