"""Pages of a list by cursor: the key of the last row, so that new rows move nothing."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ninja import Field, Schema

from api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

DEFAULT_LIMIT, MAX_LIMIT = 100, 500


class PageParameters(Schema):
    """The parameters of every list."""

    cursor: str = Field("", description="Where to continue: the parameter of “next” in the answer before.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="The number of items, at most.")


PAGE_NAMES = frozenset(PageParameters.model_fields)


def encode_cursor(key: int) -> str:
    """Return the cursor after the row with this key."""
    return base64.urlsafe_b64encode(f"after:{key}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """Return the key in a cursor. Raises `ApiError`."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        word, _, digits = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeError):
        word, digits = "", ""
    if word != "after" or not digits.isdecimal() or len(digits) > 18:
        raise ApiError(400, "cursor: It cannot be read. Take it from “next” in the answer before.")
    return int(digits)


def page_of(
    request: HttpRequest,
    rows: QuerySet[Any],
    paging: PageParameters,
    items_of: Callable[[list[Any]], Iterable[Any]],
    key: str = "pk",
) -> dict[str, Any]:
    """Return a page of these rows in the order of their key; `items_of` turns the keys of the page into its items."""
    if paging.cursor:
        rows = rows.filter(**{f"{key}__gt": decode_cursor(paging.cursor)})
    keys = list(rows.order_by(key).values_list(key, flat=True)[: paging.limit + 1])
    shown = keys[: paging.limit]
    has_more = len(keys) > len(shown)
    return {"items": list(items_of(shown)), "next": _next_url(request, shown[-1]) if has_more else None}


def _next_url(request: HttpRequest, last_key: int) -> str:
    pairs = [(name, value) for name, values in request.GET.lists() for value in values if name != "cursor"]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*pairs, ('cursor', encode_cursor(last_key))])}")
