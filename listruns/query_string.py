"""The query string of the list: its filters, the default without filters, and the scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from certify.filters.date_range import DateRange, this_week
from certify.filters.filterset import EVERYTHING_LIVE, FILTER_NAMES, FilterChip, days_query
from certify.filters.names import ALIASES, current_names
from listruns.as_of import AS_OF

if TYPE_CHECKING:
    from users.models import User

PRACTICE = "practice=on"
# Other parameters of the list.
OTHER_NAMES = frozenset({AS_OF, "page", "sort", "per_page", "export"})


def default_query(user: User) -> str:
    """Return the query for the user's certifications of today (UTC), or practice; everybody's for non-shifters."""
    if user.in_training:
        return PRACTICE
    today = timezone.now().date()
    mine = {"user": user.username} if user.may_certify else {}
    return days_query(DateRange(today, today), **mine)


def effective_query(request: HttpRequest) -> QueryDict:
    """Return the filters of the request, or the default if it has none."""
    names = {*FILTER_NAMES, *ALIASES, AS_OF}  # `as_of` stays in every link of the page
    if not names & request.GET.keys():
        return QueryDict(default_query(request.user))  # type: ignore[arg-type]
    return current_names(request.GET)


def scope_chips(user: User, query: str) -> list[FilterChip]:
    """Return the scopes that the user may choose."""
    today = timezone.now().date()
    day, week = DateRange(today, today), this_week()
    scopes = [("Everybody today", days_query(day)), ("This week", days_query(week))]
    if user.may_certify:
        mine = {"user": user.username}
        scopes = [("Mine today", days_query(day, **mine)), ("My week", days_query(week, **mine)), *scopes]
    scopes.append(("All", EVERYTHING_LIVE))
    if user.may_change_others or user.training_since:
        scopes.append(("Practice" if user.may_change_others else "My practice", PRACTICE))
    current = query or EVERYTHING_LIVE
    return [FilterChip(text, scope, scope == current) for text, scope in scopes]
