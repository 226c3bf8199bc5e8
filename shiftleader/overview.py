"""The overview: what was certified by run type and reconstruction, by whom, what changed, luminosity by day."""

from __future__ import annotations

from typing import Any

from certify.choices import Verdict
from reports.sums import Row, lumi_by_day, overview, shifters, sum_of
from shiftleader.bars import Chart, chart
from shiftleader.scope import Scope
from users.access import SignedInRequest

_MOST_DAYS_DRAWN = 31


def part(_request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Two queries, whatever the range."""
    lines = scope.lines()
    return {
        "total": sum_of(lines),
        "rows": [_row(row, scope) for row in overview(lines)],
        "shifters": [(one, scope.rows_url(user=one.username)) for one in shifters(lines)],
        "changes": scope.flag_changes(),
        "charts": _charts(scope, lumi_by_day(lines)),
        "verdicts": list(Verdict),
    }


def _row(row: Row, scope: Scope) -> dict[str, Any]:
    """A row with the addresses of its numbers."""
    of = {"run_type": row.run_type, "reconstruction": row.reconstruction}
    return {
        "row": row,
        "url": scope.rows_url(**of),
        "verdicts": [(verdict, row.of(verdict), scope.rows_url(**of, verdict=verdict.value)) for verdict in Verdict],
        "missing_url": scope.rows_url(**of, trackermap="missing"),
    }


def _charts(scope: Scope, amounts: dict[str, Any]) -> list[Chart]:
    """One for each reconstruction that recorded anything: over all days of a short range, else those with data."""
    days = scope.days.all()
    drawn = []
    for name, by_day in amounts.items():
        shown = days if 0 < len(days) <= _MOST_DAYS_DRAWN else sorted(by_day)
        drawn.append(chart(name, shown, by_day, scope.rows_url))
    return [one for one in drawn if one]
