"""HTTP client of the OMS aggregation API for the resources `runs` and `fills`.

The database is not used, so these functions can run in threads. Each request selects attributes with `fields=` and
requests their units with `include=meta`. OMS has no OR operator, so a set of numbers is read as a few ranges.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.conf import settings
from django.utils import timezone

from infrastructure.http import client, tokens
from infrastructure.http.errors import BadStatus, RemoteError, WrongShape
from infrastructure.http.parallel import run_parallel
from infrastructure.http.results import Found, Missing, Unreachable
from oms import parsing
from oms.ranges import NumberRange, covering_ranges
from oms.service import OMS
from oms.wire_types import FillFacts, RunFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
PAGE_ROWS = 1000
# Resources for which OMS rejected `fields=` in this process.
_resources_refusing_fields: set[str] = set()
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
    offset = 0
    while True:
        rows, total = _fetch_page(resource, span, offset, budget)
        yield from rows
        offset += len(rows)
        if not rows or offset >= total:
            return


def _fetch_page(resource: OmsResource[Facts], span: NumberRange, offset: int, budget: Budget) -> tuple[list[Any], int]:
    """Return one page of rows and the total number of rows (those read so far, if OMS gives no total)."""
    params = {
        **span.as_filter(resource.key),
        "fields": ",".join(resource.fields),
        "include": "meta",
        "sort": resource.key,
        "page[offset]": offset,
        "page[limit]": PAGE_ROWS,
    }
    answer = _get_narrowed(resource.name, params, budget)
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        error = WrongShape(OMS, key="data")
        client.record_failure(error)
        raise error
    return rows, _total_count(answer, offset + len(rows))


def _get_narrowed(name: str, params: dict[str, Any], budget: Budget) -> Any:
    """Return the response with the requested `fields`, or whole rows if OMS rejects the list with status 400.

    OMS rejects the list after it renamed one of the attributes.
    """
    if name in _resources_refusing_fields:
        return _get(name, _without_fields(params), budget)
    try:
        return _get(name, params, budget)
    except BadStatus as error:
        if error.status != 400:
            raise
    answer = _get(name, _without_fields(params), budget)
    logger.error("OMS rejects fields= of %s: an attribute was renamed. Whole rows are read instead.", name)
    _resources_refusing_fields.add(name)
    return answer


def _without_fields(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != "fields"}


def _get(name: str, params: dict[str, Any], budget: Budget) -> Any:
    call = client.ServiceCall(OMS, "GET", f"{settings.OMS_URL}/{name}", setting="OMS_URL", params=params)
    return tokens.fetch_json(call, _token_client(), budget)


def _total_count(answer: Any, received: int) -> int:
    meta = answer.get("meta")
    total = meta.get("totalResourceCount") if isinstance(meta, dict) else None
    if isinstance(total, int) and not isinstance(total, bool) and total >= received:
        return total
    links = answer.get("links")
    return received + 1 if isinstance(links, dict) and links.get("next") else received


def _token_client() -> tokens.ClientCredentials:
    return tokens.ClientCredentials(settings.OMS_AUDIENCE, settings.OMS_CLIENT_ID, settings.OMS_CLIENT_SECRET)
