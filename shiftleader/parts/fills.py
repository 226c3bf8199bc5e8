"""The fills of the certified runs, and what each recorded."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from infrastructure.web.paging import page_of
from reports.filters.week import Scope
from reports.rows import Line
from reports.statistics import Fill, FillLumi, fill_lumis, fills
from users.access import SignedInRequest

PAGE_SIZE, MOST_RUNS = 50, 100
_WHAT = "Of the fill as OMS said when its runs were certified; “certified” is what the certified collision runs recorded, each once."  # noqa: E501
_WHY_MORE = (
    "Certified can be a little more than recorded: OMS counts a fill from the beginning of stable beams to their end, "
    "a run in whole lumisections."
)


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
    return {"page": page, "rows": [(fill, fill_link(fill.number)) for fill in page], "says": says_of_lumi(page)}


def says_of_lumi(shown: Iterable[FillLumi]) -> str:
    """What the numbers of these fills are; why certified is more than recorded, where it is somewhere."""
    is_more = any(one.certified > (one.facts.recorded_lumi or math.inf) for one in shown)
    return f"{_WHAT} {_WHY_MORE}" if is_more else _WHAT


def fill_link(number: int | None) -> str:
    """The fill in OMS."""
    return settings.LINKS["oms_fill"].format(fill=number) if number else ""
