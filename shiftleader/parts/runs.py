"""The runs of the week with every reconstruction."""

from __future__ import annotations

from typing import Any

from certify.models.choices import Reconstruction, Verdict
from certify.rules.run_numbers import in_words
from infrastructure.web.paging import page_of
from reports.filters.week import Scope
from reports.statistics import overview, runs, with_verdict
from users.access import SignedInRequest

PAGE_SIZE = 100


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A row for each run, and the run numbers of each verdict as a list to copy: one query."""
    lines = scope.lines()
    page = page_of(request, runs(lines), PAGE_SIZE)
    rows = [(run, [run.by_reconstruction.get(name) for name in Reconstruction.values]) for run in page]
    return {"page": page, "rows": rows, "reconstructions": Reconstruction.labels, "lists": _lists(lines)}


def _lists(lines: list[Any]) -> list[tuple[Any, list[tuple[Verdict, int, str]]]]:
    """By run type and reconstruction: each verdict with its number of runs, and the runs in words."""
    found = []
    for row in overview(lines):
        of = [
            one for one in lines if (one.kind.run_type, one.kind.reconstruction) == (row.run_type, row.reconstruction)
        ]
        numbers = [(verdict, [one.run_number for one in with_verdict(of, verdict)]) for verdict in row.by_verdict]
        found.append((row, [(verdict, len(some), in_words(some)) for verdict, some in numbers]))
    return found
