"""The fills of the certified runs, and what each recorded."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from reports.lines import Line
from reports.sums import Fill, fill_lumis, fills
from shiftleader.pages import page_of
from shiftleader.scope import Scope
from users.access import SignedInRequest

PAGE_SIZE, MOST_RUNS = 50, 100


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Each fill with its certified runs by run type and reconstruction: one query."""
    lines = scope.lines()
    kinds = sorted(
        {(line.kind.run_type, line.kind.reconstruction): line.kind.order[:2] for line in lines}.items(), key=_second
    )
    names = [name for name, _order in kinds]
    page = page_of(request, fills(lines), PAGE_SIZE)
    rows = [(fill, fill_link(fill.number), _cells(fill, names)) for fill in page]
    return {"kinds": names, "page": page, "rows": rows}


def _second(item: tuple[Any, Any]) -> Any:
    return item[1]


def _cells(fill: Fill, names: list[tuple[str, str]]) -> list[tuple[list[Line], int]]:
    """By run type and reconstruction the runs, and how many more there are than a cell can show."""
    return [(some[:MOST_RUNS], len(some[MOST_RUNS:])) for some in (fill.of(*name) for name in names)]


def recorded(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """What each fill with colliding bunches recorded: one query."""
    page = page_of(request, fill_lumis(scope.lines()), PAGE_SIZE)
    return {"page": page, "rows": [(fill, fill_link(fill.number)) for fill in page]}


def fill_link(number: int | None) -> str:
    """The fill in OMS."""
    return settings.LINKS["oms_fill"].format(fill=number) if number else ""
