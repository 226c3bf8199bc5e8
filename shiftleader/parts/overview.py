"""The overview: what was certified by run type and reconstruction, by whom, what changed, luminosity by day."""

from __future__ import annotations

from typing import Any

from certify.models.choices import Verdict
from reports.bar_chart import charts
from reports.scope import Scope
from reports.statistics import OverviewRow, Shifter, overview, shifters, statistics_of
from users.access import SignedInRequest

_MAX_CHANGES = 100


def part(_request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Two queries, whatever the range."""
    lines, changes = scope.report_rows(), scope.flag_changes()
    return {
        "total": statistics_of(lines),
        "rows": [_overview_row(row, scope) for row in overview(lines)],
        "shifters": [_shifter_row(one, scope) for one in shifters(lines)],
        "changes": changes[:_MAX_CHANGES],
        "more_changes": len(changes[_MAX_CHANGES:]),
        "charts": charts(lines, scope.days.all(), scope.rows_url),
        "verdicts": list(Verdict),
    }


def _shifter_row(one: Shifter, scope: Scope) -> tuple[Shifter, str, list[tuple[int, str]]]:
    """A shifter with the address of theirs, and count and address of each verdict."""
    by_verdict = [
        (one.by_verdict[verdict].certifications if verdict in one.by_verdict else 0, verdict.value)
        for verdict in Verdict
    ]
    counts = [(count, scope.rows_url(user=one.username, verdict=word)) for count, word in by_verdict]
    return one, scope.rows_url(user=one.username), counts


def _overview_row(row: OverviewRow, scope: Scope) -> dict[str, Any]:
    """A row with the addresses of its numbers."""
    of = {"run_type": row.run_type, "reconstruction": row.reconstruction}
    return {
        "row": row,
        "url": scope.rows_url(**of),
        "verdicts": [
            (verdict, row.for_verdict(verdict), scope.rows_url(**of, verdict=verdict.value)) for verdict in Verdict
        ],
        "missing_url": scope.rows_url(**of, trackermap="missing"),
    }
