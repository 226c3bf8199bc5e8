"""The names that filters have in an address, and those that they had before: bookmarks and saved filters carry both."""

from __future__ import annotations

from django.http import QueryDict

from certify.filters.date_range import DateRange, days_of_week

# What an address may also call a filter: {name: today's name}. Two more are read as they are, since they say something
# of their own: `runs` (numbers and ranges as text, beside `runs_min` and `runs_max`), and `problem`
# (<component>-<key>: any of these problems of any component, beside <component>_problems=<key>). A person may be named
# once, several times, or with commas.
ALIASES = {
    "from": "date_min",
    "to": "date_max",
    "date_range_min": "date_min",
    "date_range_max": "date_max",
}
# How days are named. A range comes before a week, a week before a day; a week is read as its range.
DAY_NAMES = ("date_min", "date_max", "week", "date")
RUN_NAMES = ("runs", "runs_min", "runs_max")
EVERYBODY = "everybody"  # as the name of a person: no filter


def current_names(query: QueryDict) -> QueryDict:
    """The query under today's names, without empty values; a week is its range, an unknown week stays as it is."""
    named = QueryDict(mutable=True)
    for name, values in query.lists():
        current = ALIASES.get(name, name)
        if some := [value for value in values if value]:
            named.setlistdefault(current, some) if name in ALIASES else named.setlist(current, some)
    days = _days_of(named.get("week", ""))
    has_range = "date_min" in named or "date_max" in named
    if days:
        del named["week"]
        if not has_range:
            named["date_min"], named["date_max"] = str(days.first), str(days.last)
    if has_range or days:
        named.pop("date", None)
    return named


def _days_of(week: str) -> DateRange | None:
    try:
        return days_of_week(week) if week else None
    except ValueError:
        return None


def has_days(query: QueryDict) -> bool:
    """Whether a query under today's names says of which days."""
    return any(name in query for name in DAY_NAMES)


def has_runs(query: QueryDict) -> bool:
    """Whether a query under today's names says of which runs."""
    return any(name in query for name in RUN_NAMES)
