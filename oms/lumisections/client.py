"""Reads the lumisections of a run from OMS: the first page tells how many there are, the others come side by side.

The database is not used, so this can run in threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from infrastructure.http.errors import RemoteError, WrongShape
from infrastructure.http.parallel import run_parallel
from infrastructure.http.results import Found, Missing, Unreachable
from oms.lumisections.parsing import FIELDS, NUMBER, LumisectionRow, parse_lumisection
from oms.pages import PAGE_ROWS, RowsQuery, fetch_page
from oms.service import OMS

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget

RESOURCE = "lumisections"


@dataclass(frozen=True)
class RunLumisections:
    """The rows of a run, sorted by number."""

    rows: tuple[LumisectionRow, ...]


def fetch_lumisections(run_number: int, budget: Budget) -> Found[RunLumisections] | Missing | Unreachable:
    """Return all lumisections of a run, or none of them: a part would look like a shorter run.

    Nothing is raised. `Missing`: OMS has no lumisections of this run.
    """
    asked_at = timezone.now()
    try:
        raw_rows = _fetch_rows(run_number, budget)
        parsed = [parse_lumisection(row, run_number) for row in raw_rows]
        rows = _distinct([row for row, _ in parsed])
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    if not rows:
        reason = f"OMS has no lumisections of run {run_number}"
        return Missing(OMS, reason, "Check the number, or try later.", asked_at)
    left_out = tuple(problem for _, problems in parsed for problem in problems)
    return Found(RunLumisections(rows), asked_at, left_out)


def _fetch_rows(run_number: int, budget: Budget) -> list[Any]:
    """Return the rows of all pages. Raises `RemoteError`, also if OMS gave fewer rows than it has."""
    query = RowsQuery(RESOURCE, {"filter[run_number][EQ]": run_number}, FIELDS, NUMBER)
    rows, total = fetch_page(query, 0, budget)
    size = len(rows) or PAGE_ROWS
    further = run_parallel([partial(fetch_page, query, offset, budget) for offset in range(size, total, size)])
    rows = rows + [row for page, _ in further for row in page]
    if len(rows) < total:
        raise WrongShape(OMS, key="data")
    return rows


def _distinct(rows: list[LumisectionRow]) -> tuple[LumisectionRow, ...]:
    """Return the rows by number. Raises `WrongShape` if a number comes twice with different content."""
    by_number: dict[int, LumisectionRow] = {}
    for row in rows:
        if by_number.setdefault(row.number, row) != row:
            raise WrongShape(OMS, key=NUMBER)
    return tuple(by_number[number] for number in sorted(by_number))
