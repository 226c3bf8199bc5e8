"""Translates query strings of the previous page of the week, which are in bookmarks, to current parameters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from certify.rules.run_numbers import FIRST_RUN, LAST_RUN

if TYPE_CHECKING:
    from django.http import QueryDict

_RUN_LOOKUP = "runreconstruction__run__run_number"
_RENAMED_FIELDS = {
    "runreconstruction__reconstruction": "reconstruction",
    "runreconstruction__run__run_type": "run_type",
    "runreconstruction__run__b_field": "b_field",
    "runreconstruction__run__energy": "energy",
    "runreconstruction__run__fill__fill_type_runtime": "beam",
}
_DAY_FIELDS = {"date__gte": "from", "date__lte": "to"}


def current_query(params: QueryDict) -> str:
    """The current query string for an old one; empty if it has no old parameter. Unknown parameters are dropped."""
    query = {new: _normalise_day(str(params[old])) for old, new in _DAY_FIELDS.items() if params.get(old)}
    query |= {new: str(params[old]) for old, new in _RENAMED_FIELDS.items() if params.get(old)}
    if runs := _run_ranges(params):
        query["runs"] = runs
    return urlencode(query)


def _normalise_day(text: str) -> str:
    """The day in ISO format, also from 2018-4-9. Any other text is unchanged, so that the form reports the error."""
    try:
        year, month, day = map(int, text.split("-"))
        return date(year, month, day).isoformat()
    except (ValueError, OverflowError):
        return text


def _run_ranges(params: QueryDict) -> str:
    """The run numbers as one list. An open range is closed with the lowest or highest possible run number."""
    first, last, listed = (params.get(f"{_RUN_LOOKUP}__{end}", "") for end in ("gte", "lte", "in"))
    ends = [f"{first or FIRST_RUN}-{last or LAST_RUN}"] if first or last else []
    return ", ".join([*ends, *([listed] if listed else [])])
