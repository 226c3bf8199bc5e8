"""The fills of the certified runs, and what each recorded."""

from __future__ import annotations

from typing import Any

from infrastructure.web.paging import requested_page
from reports.fill_statistics import Fill, fill_lumis, fills
from reports.rows import ReportRow
from reports.scope import Scope
from reports.weekly.phrases import fill_url, lumi_explanation
from users.access import SignedInRequest

PAGE_SIZE, MAX_RUNS_PER_CELL = 50, 100


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Each fill with its certified runs by run type and reconstruction: one query."""
    lines = scope.report_rows()
    kinds = sorted(
        {(line.group.run_type, line.group.reconstruction): line.group.order[:2] for line in lines}.items(),
        key=_column_order,
    )
    names = [name for name, _order in kinds]
    page = requested_page(request, fills(lines), PAGE_SIZE)
    rows = [(fill, fill_url(fill.number), _cells(fill, names)) for fill in page]
    return {"columns": names, "page": page, "rows": rows}


def _column_order(item: tuple[Any, Any]) -> Any:
    return item[1]


def _cells(fill: Fill, names: list[tuple[str, str]]) -> list[tuple[list[ReportRow], int]]:
    """By run type and reconstruction the runs, and how many more there are than a cell can show."""
    return [
        (some[:MAX_RUNS_PER_CELL], len(some[MAX_RUNS_PER_CELL:]))
        for some in (fill.report_rows_of(*name) for name in names)
    ]


def luminosity_part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """What each fill with colliding bunches recorded: one query."""
    page = requested_page(request, fill_lumis(scope.report_rows()), PAGE_SIZE)
    return {
        "page": page,
        "rows": [(fill, fill_url(fill.number)) for fill in page],
        "explanation": lumi_explanation(page),
    }
