"""The part "List of runs": the runs of the week with every reconstruction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.models.choices import Reconstruction, Verdict
from certify.rules.run_numbers import format_run_numbers
from infrastructure.web.paging import requested_page
from reports.fill_statistics import runs
from reports.statistics import OverviewRow, overview, with_verdict

if TYPE_CHECKING:
    from reports.rows import ReportRow
    from reports.scope import Scope
    from users.access import SignedInRequest

PAGE_SIZE = 100


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A row for each run, and the run numbers of each verdict as text to copy: one query."""
    report_rows = scope.report_rows()
    page = requested_page(request, runs(report_rows), PAGE_SIZE)
    rows = [(run, [run.by_reconstruction.get(name) for name in Reconstruction.values]) for run in page]
    return {"page": page, "rows": rows, "reconstructions": Reconstruction.labels, "run_lists": _run_lists(report_rows)}


def _run_lists(report_rows: list[ReportRow]) -> list[tuple[OverviewRow, list[tuple[Verdict, int, str, str]]]]:
    """For each run type and reconstruction: each verdict with its number of runs, and these and what is out as text."""
    run_lists = []
    for row in overview(report_rows):
        matching_rows = [
            report_row
            for report_row in report_rows
            if (report_row.group.run_type, report_row.group.reconstruction) == (row.run_type, row.reconstruction)
        ]
        numbers = [
            (verdict, [report_row.run_number for report_row in with_verdict(matching_rows, verdict)])
            for verdict in row.by_verdict
        ]
        run_lists.append(
            (
                row,
                [
                    (verdict, len(run_numbers), format_run_numbers(run_numbers), row.by_verdict[verdict].out_text)
                    for verdict, run_numbers in numbers
                ],
            )
        )
    return run_lists
