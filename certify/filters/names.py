"""The parameter names of filters, and their earlier names, which bookmarks and saved filters may have."""

from __future__ import annotations

from django.http import QueryDict

from certify.filters.date_range import DateRange, days_of_week

# {other name: current name}. Two more parameters are filters of their own: `runs` (numbers and ranges as text, beside
# `runs_min` and `runs_max`), and `problem` (<component>-<key>, any of these problems, beside
# <component>_problems=<key>). `user` may be given several times, or with commas.
ALIASES = {
    "from": "date_min",
    "to": "date_max",
    "date_range_min": "date_min",
    "date_range_max": "date_max",
}
# Parameters of days. A range takes precedence over a week, a week over a day; a week is converted to its range.
DAY_NAMES = ("date_min", "date_max", "week", "date")
RUN_NAMES = ("runs", "runs_min", "runs_max")
EVERYBODY = "everybody"  # as account name: no filter


def current_names(query: QueryDict) -> QueryDict:
    """Return the query with current names, without empty values. A valid week is replaced by its range."""
    named = QueryDict(mutable=True)
    for name, values in query.lists():
        current = ALIASES.get(name, name)
        if set_values := [value for value in values if value]:
            named.setlistdefault(current, set_values) if name in ALIASES else named.setlist(current, set_values)
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
    """Whether a query with current names has a parameter of days."""
    return any(name in query for name in DAY_NAMES)


def has_runs(query: QueryDict) -> bool:
    """Whether a query with current names has a parameter of runs."""
    return any(name in query for name in RUN_NAMES)
