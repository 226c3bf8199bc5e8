"""Pages of rows of an OMS resource: one request each, narrowed with `fields=`, with the units of `include=meta`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from infrastructure.http import client, tokens
from infrastructure.http.errors import BadStatus, WrongShape
from oms.service import OMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
PAGE_ROWS = 1000
# Lists of `fields=` that OMS rejected in this process.
_rejected_fields: set[tuple[str, ...]] = set()


@dataclass(frozen=True)
class RowsQuery:
    """The rows of a resource that match `conditions` (query parameters), sorted by the attribute `sort`."""

    resource: str
    conditions: dict[str, int]
    fields: Sequence[str]
    sort: str


def fetch_page(query: RowsQuery, offset: int, budget: Budget) -> tuple[list[Any], int]:
    """Return the rows from `offset` on and the total number of rows (those read so far, if OMS gives no total).

    A page has at most `PAGE_ROWS` rows. Raises `RemoteError`.
    """
    params = {
        **query.conditions,
        "fields": ",".join(query.fields),
        "include": "meta",
        "sort": query.sort,
        "page[offset]": offset,
        "page[limit]": PAGE_ROWS,
    }
    answer = _get_narrowed(query, params, budget)
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        error = WrongShape(OMS, key="data")
        client.record_failure(error)
        raise error
    return rows, _total_count(answer, offset + len(rows))


def _get_narrowed(query: RowsQuery, params: dict[str, Any], budget: Budget) -> Any:
    """Return the response with the requested `fields`, or whole rows if OMS rejects the list with status 400.

    OMS rejects the list after it renamed one of the attributes.
    """
    fields = (query.resource, *query.fields)
    if fields in _rejected_fields:
        return _get(query.resource, _without_fields(params), budget)
    try:
        return _get(query.resource, params, budget)
    except BadStatus as error:
        if error.status != 400:
            raise
    answer = _get(query.resource, _without_fields(params), budget)
    logger.error("OMS rejects fields= of %s: an attribute was renamed. Whole rows are read instead.", query.resource)
    _rejected_fields.add(fields)
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
