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
from oms.lumisections import bits
from oms.lumisections.parsing import FIELDS, MAX_LUMISECTIONS, NUMBER, LumisectionRow, parse_lumisection
from oms.pages import PAGE_ROWS, RowsQuery, fetch_page
from oms.service import OMS

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget

RESOURCE = "lumisections"
MAX_PAGES = 200


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
        raw_rows, total = _fetch_rows(run_number, budget)
        parsed = [parse_lumisection(row, run_number) for row in raw_rows]
        rows = _sorted_rows([row for row, _ in parsed], total)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    if not rows:
        reason = f"OMS has no lumisections of run {run_number}"
        return Missing(OMS, reason, "Check the number, or try later.", asked_at)
    left_out = [problem for _, problems in parsed for problem in problems]
    return Found(RunLumisections(rows), asked_at, tuple(_absent_attributes(raw_rows) + left_out))


def _absent_attributes(raw_rows: list[Any]) -> list[str]:
    """Return a sentence for each bit that no row has an attribute for: OMS has renamed it."""
    given = set().union(*(row["attributes"] for row in raw_rows))
    return [f"OMS gives no {name}: it is unknown in all rows." for name in bits.OMS_NAMES.values() if name not in given]


def _fetch_rows(run_number: int, budget: Budget) -> tuple[list[Any], int]:
    """Return the rows of all pages, and how many OMS says there are. Raises `RemoteError`."""
    query = RowsQuery(RESOURCE, {"filter[run_number][EQ]": run_number}, FIELDS, NUMBER)
    rows, total = fetch_page(query, 0, budget)
    size = len(rows) or PAGE_ROWS
    if total > min(MAX_LUMISECTIONS, size * MAX_PAGES):
        raise WrongShape(OMS, key="totalResourceCount")
    further = run_parallel([partial(fetch_page, query, offset, budget) for offset in range(size, total, size)])
    rows = rows + [row for page, _ in further for row in page]
    return rows, max([total, *(its_total for _, its_total in further)])


def _sorted_rows(rows: list[LumisectionRow], total: int) -> tuple[LumisectionRow, ...]:
    """Return the rows by number. Raises `WrongShape` if they are fewer than `total`, or a number comes twice."""
    if len({row.number for row in rows}) < max(total, len(rows)):
        raise WrongShape(OMS, key="data")
    return tuple(sorted(rows, key=lambda row: row.number))
