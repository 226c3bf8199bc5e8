"""The week day by day, with the shifters' own words on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from certify.models.choices import Verdict
from infrastructure.web.paging import page_of
from reports.filters.week import Scope
from reports.models import DayNote
from reports.selectors import words_on
from reports.statistics import Day, Row, days
from shiftleader.parts.fills import fill_link
from users.access import SignedInRequest

PAGE_SIZE = 14


@dataclass(frozen=True)
class DayOfWeek:
    """A day as the page shows it; `kinds`: by run type and reconstruction the runs of each verdict, with addresses."""

    day: Day
    kinds: list[tuple[Row, str, list[tuple[Verdict, list[int], str]]]]
    fills: list[tuple[int, str]]
    notes: list[DayNote]
    url: str


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Three queries: certifications, changed verdicts, words."""
    page = page_of(request, days(scope.lines(), scope.flag_changes()), PAGE_SIZE)
    words: dict[date, list[DayNote]] = {}
    for note in words_on([one.day for one in page], scope.said.get("user") or ()):
        words.setdefault(note.day, []).append(note)
    return {"page": page, "days": [_day(one, words.get(one.day, []), scope) for one in page]}


def _day(one: Day, notes: list[DayNote], scope: Scope) -> DayOfWeek:
    url = partial(scope.rows_url, date_min=f"{one.day}", date_max=f"{one.day}")
    kinds = [
        (
            row,
            url(run_type=row.run_type, reconstruction=row.reconstruction),
            [(verdict, *_runs(one, row, verdict, url)) for verdict in row.by_verdict],
        )
        for row in one.rows
    ]
    return DayOfWeek(one, kinds, [(number, fill_link(number)) for number in one.fills], notes, url())


def _runs(one: Day, row: Row, verdict: Verdict, url: Callable[..., str]) -> tuple[list[int], str]:
    where = url(run_type=row.run_type, reconstruction=row.reconstruction, verdict=verdict.value)
    return one.runs(row.run_type, row.reconstruction, verdict), where
