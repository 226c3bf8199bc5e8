"""The part "Overview": statistics by run type and reconstruction, by shifter, changed verdicts, luminosity by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.models.choices import Verdict
from reports.bar_chart import charts
from reports.statistics import OverviewRow, Shifter, overview, shifters, statistics_of

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.access import SignedInRequest

_MAX_CHANGES = 100


def part(_request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """The statistics: two queries, for any range of days."""
    report_rows, changes = scope.report_rows(), scope.flag_changes()
    rows = overview(report_rows)
    return {
        "total": statistics_of(report_rows),
        "rows": [_overview_row(row, scope) for row in rows],
        "has_out": any(row.good_out for row in rows),
        "shifters": [_shifter_row(shifter, scope) for shifter in shifters(report_rows)],
        "changes": changes[:_MAX_CHANGES],
        "more_changes": len(changes[_MAX_CHANGES:]),
        "charts": charts(report_rows, scope.days.all(), scope.rows_url),
        "verdicts": list(Verdict),
    }


def _shifter_row(shifter: Shifter, scope: Scope) -> tuple[Shifter, str, list[tuple[int, str]]]:
    """A shifter with the URL of their certifications, and count and URL of each verdict."""
    by_verdict = [
        (shifter.by_verdict[verdict].certifications if verdict in shifter.by_verdict else 0, verdict)
        for verdict in Verdict
    ]
    counts = [(count, scope.rows_url(user=shifter.username, verdict=verdict.value)) for count, verdict in by_verdict]
    return shifter, scope.rows_url(user=shifter.username), counts


def _overview_row(row: OverviewRow, scope: Scope) -> dict[str, Any]:
    """A row with the URLs of its numbers."""
    row_filter = {"run_type": row.run_type, "reconstruction": row.reconstruction}
    return {
        "row": row,
        "url": scope.rows_url(**row_filter),
        "verdicts": [
            (verdict, row.for_verdict(verdict), scope.rows_url(**row_filter, verdict=verdict.value))
            for verdict in Verdict
        ],
        "out_url": scope.rows_url(**row_filter, verdict=Verdict.GOOD.value, ranges="on"),
        "missing_url": scope.rows_url(**row_filter, trackermap="missing"),
    }
