"""HTTP client of the OMS aggregation API for the resources `runs` and `fills`.

The database is not used, so these functions can run in threads. Each request selects attributes with `fields=` and
requests their units with `include=meta`. OMS has no OR operator, so a set of numbers is read as a few ranges.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.utils import timezone

from infrastructure.http.errors import RemoteError
from infrastructure.http.parallel import run_parallel
from infrastructure.http.results import Found, Missing, Unreachable
from oms import parsing
from oms.pages import RowsQuery, fetch_page
from oms.ranges import NumberRange, covering_ranges
from oms.service import OMS
from oms.wire_types import FillFacts, RunFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
Facts = TypeVar("Facts", RunFacts, FillFacts)


@dataclass(frozen=True)
class OmsResource(Generic[Facts]):
    """An OMS resource: path, key attribute, attributes to request, row parser and the noun used in messages."""

    name: str
    key: str
    fields: list[str]
    parse_row: Callable[[Any], Facts]
    noun: str


RUNS = OmsResource("runs", "run_number", parsing.RUN_FIELDS, parsing.parse_run, "run")
FILLS = OmsResource("fills", "fill_number", parsing.FILL_FIELDS, parsing.parse_fill, "fill")


@dataclass
class FetchResult(Generic[Facts]):
    """Facts by run or fill number, and the first error, if any. `asked_at` is the time of the request (UTC)."""

    facts: dict[int, Facts] = field(default_factory=dict)
    problem: Unreachable | None = None
    asked_at: datetime = field(default_factory=timezone.now)


def fetch_run(number: int, budget: Budget) -> Found[RunFacts] | Missing | Unreachable:
    """Return one run from OMS, with one request. `Unreachable` carries the reason; nothing is raised."""
    return _fetch_one(RUNS, number, budget)


def fetch_fill(number: int, budget: Budget) -> Found[FillFacts] | Missing | Unreachable:
    """Return one fill from OMS, with one request. `Unreachable` carries the reason; nothing is raised."""
    return _fetch_one(FILLS, number, budget)


def fetch_many(resource: OmsResource[Facts], numbers: Collection[int], budget: Budget) -> FetchResult[Facts]:
    """Return the facts of many runs or fills, read as a few parallel ranges.

    A range or row that cannot be read sets `problem`; the facts of all other rows are still returned.
    """
    wanted = frozenset(numbers)
    parts = run_parallel([partial(_fetch_range, resource, span, wanted, budget) for span in covering_ranges(wanted)])
    whole: FetchResult[Facts] = FetchResult()
    for part in parts:
        whole.facts.update(part.facts)
        whole.problem = whole.problem or part.problem
    return whole


def _fetch_one(resource: OmsResource[Facts], number: int, budget: Budget) -> Found[Facts] | Missing | Unreachable:
    read = _fetch_range(resource, NumberRange(number, number), frozenset([number]), budget)
    if number in read.facts:
        return Found(read.facts[number], read.asked_at)
    if read.problem:
        return read.problem
    reason, advice = f"OMS does not know {resource.noun} {number}", "Type the missing values, or check the number."
    return Missing(OMS, reason, advice, read.asked_at)


def _fetch_range(
    resource: OmsResource[Facts], span: NumberRange, wanted: frozenset[int], budget: Budget
) -> FetchResult[Facts]:
    """Return the facts of the `wanted` numbers within one range."""
    read: FetchResult[Facts] = FetchResult()
    try:
        for row in _iterate_rows(resource, span, budget):
            _collect_row(read, resource, row, wanted)
    except RemoteError as error:
        read.problem = Unreachable.from_error(error, timezone.now())
    return read


def _collect_row(read: FetchResult[Facts], resource: OmsResource[Facts], row: Any, wanted: frozenset[int]) -> None:
    """Add the row's facts if its number is wanted. A row without a number or attributes only sets `problem`."""
    try:
        number = parsing.row_number(row, resource.key)
        if number in wanted:
            read.facts[number] = resource.parse_row(row)
    except RemoteError as error:
        logger.warning("Cannot parse a row of OMS %s: %s", resource.name, error.sentence)
        read.problem = read.problem or Unreachable.from_error(error, timezone.now())


def _iterate_rows(resource: OmsResource[Facts], span: NumberRange, budget: Budget) -> Iterator[Any]:
    """Yield all rows of a range, page after page. Raises `RemoteError`."""
    query = RowsQuery(resource.name, span.as_filter(resource.key), resource.fields, resource.key)
    offset = 0
    while True:
        rows, total = fetch_page(query, offset, budget)
        yield from rows
        offset += len(rows)
        if not rows or offset >= total:
            return
