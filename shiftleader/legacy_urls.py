"""Addresses of the week before this one, and what they are called now."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

from certify.rules.run_numbers import FIRST_RUN, LAST_RUN

_RUN = "runreconstruction__run__run_number"
_SAME = {
    "runreconstruction__reconstruction": "reconstruction",
    "runreconstruction__run__run_type": "run_type",
    "runreconstruction__run__b_field": "b_field",
    "runreconstruction__run__energy": "energy",
    "runreconstruction__run__fill__fill_type_runtime": "beam",
}
_DAYS = {"date__gte": "from", "date__lte": "to"}


def query_of_today(asked: QueryDict) -> str:
    """The query of an old bookmark under today's names; empty where it is none. What has no name now is left out."""
    said = {new: _day(str(asked[old])) for old, new in _DAYS.items() if asked.get(old)}
    said |= {new: str(asked[old]) for old, new in _SAME.items() if asked.get(old)}
    if runs := _runs(asked):
        said["runs"] = runs
    return urlencode(said)


def _day(text: str) -> str:
    """The day with two digits each, 2018-4-9 as well; anything else as it is, to be refused beside its field."""
    try:
        year, month, day = map(int, text.split("-"))
        return date(year, month, day).isoformat()
    except (ValueError, OverflowError):
        return text


def _runs(asked: QueryDict) -> str:
    """The run numbers as one list: a range comes with both ends, so an open one goes to where numbers end."""
    first, last, some = (asked.get(f"{_RUN}__{end}", "") for end in ("gte", "lte", "in"))
    ends = [f"{first or FIRST_RUN}-{last or LAST_RUN}"] if first or last else []
    return ", ".join([*ends, *([some] if some else [])])
