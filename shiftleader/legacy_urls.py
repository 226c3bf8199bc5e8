"""Addresses of the week before this one, and what they are called now."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

from certify.rules.run_numbers import FIRST_RUN, LAST_RUN

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
    """The query of an old bookmark under today's names; empty where it is none. What has no name now is left out."""
    said = {new: _normalise_day(str(params[old])) for old, new in _DAY_FIELDS.items() if params.get(old)}
    said |= {new: str(params[old]) for old, new in _RENAMED_FIELDS.items() if params.get(old)}
    if runs := _run_ranges(params):
        said["runs"] = runs
    return urlencode(said)


def _normalise_day(text: str) -> str:
    """The day with two digits each, 2018-4-9 as well; anything else as it is, to be refused beside its field."""
    try:
        year, month, day = map(int, text.split("-"))
        return date(year, month, day).isoformat()
    except (ValueError, OverflowError):
        return text


def _run_ranges(params: QueryDict) -> str:
    """The run numbers as one list: a range comes with both ends, so an open one goes to where numbers end."""
    first, last, some = (params.get(f"{_RUN_LOOKUP}__{end}", "") for end in ("gte", "lte", "in"))
    ends = [f"{first or FIRST_RUN}-{last or LAST_RUN}"] if first or last else []
    return ", ".join([*ends, *([some] if some else [])])
