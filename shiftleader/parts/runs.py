"""The runs of the week with every reconstruction."""

from __future__ import annotations

from typing import Any

from certify.models.choices import Reconstruction, Verdict
from certify.rules.run_numbers import format_run_numbers
from infrastructure.web.paging import requested_page
from reports.fill_statistics import runs
from reports.scope import Scope
from reports.statistics import overview, with_verdict
from users.access import SignedInRequest

PAGE_SIZE = 100


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A row for each run, and the run numbers of each verdict as a list to copy: one query."""
    lines = scope.report_rows()
    page = requested_page(request, runs(lines), PAGE_SIZE)
    rows = [(run, [run.by_reconstruction.get(name) for name in Reconstruction.values]) for run in page]
    return {"page": page, "rows": rows, "reconstructions": Reconstruction.labels, "run_lists": _run_lists(lines)}


def _run_lists(lines: list[Any]) -> list[tuple[Any, list[tuple[Verdict, int, str]]]]:
    """By run type and reconstruction: each verdict with its number of runs, and the runs in words."""
    found = []
    for row in overview(lines):
        of = [
            one for one in lines if (one.group.run_type, one.group.reconstruction) == (row.run_type, row.reconstruction)
        ]
        numbers = [(verdict, [one.run_number for one in with_verdict(of, verdict)]) for verdict in row.by_verdict]
        found.append((row, [(verdict, len(some), format_run_numbers(some)) for verdict, some in numbers]))
    return found
