"""The part "Fills": the fills of the certified runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infrastructure.web.paging import requested_page
from reports.fill_statistics import Fill, fills
from reports.weekly.phrases import fill_url

if TYPE_CHECKING:
    from reports.rows import ReportRow
    from reports.scope import Scope
    from users.access import SignedInRequest

PAGE_SIZE, MAX_RUNS_PER_CELL = 50, 100


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Each fill with its certified runs by run type and reconstruction: one query."""
    report_rows = scope.report_rows()
    column_order = sorted(
        {
            (report_row.group.run_type, report_row.group.reconstruction): report_row.group.order[:2]
            for report_row in report_rows
        }.items(),
        key=_column_order,
    )
    columns = [name for name, _order in column_order]
    page = requested_page(request, fills(report_rows), PAGE_SIZE)
    rows = [(fill, fill_url(fill.number), _cells(fill, columns)) for fill in page]
    return {"columns": columns, "page": page, "rows": rows}


def _column_order(item: tuple[Any, Any]) -> Any:
    return item[1]


def _cells(fill: Fill, columns: list[tuple[str, str]]) -> list[tuple[list[ReportRow], int]]:
    """For each column the certifications that a cell shows, and the number of further ones."""
    return [
        (report_rows[:MAX_RUNS_PER_CELL], len(report_rows[MAX_RUNS_PER_CELL:]))
        for report_rows in (fill.report_rows_of(*column) for column in columns)
    ]
