"""What the address of the list asks for: its filters, the default without any, and the scopes that widen it."""

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
# What else an address of the list may carry.
OTHER_NAMES = frozenset({AS_OF, "page", "sort", "per_page", "export"})


def default_query(user: User) -> str:
    """My certifications of today (UTC), in training my practice; everybody's for those who certify nothing."""
    if user.in_training:
        return PRACTICE
    today = timezone.now().date()
    mine = {"user": user.username} if user.may_certify else {}
    return days_query(DateRange(today, today), **mine)


def effective_query(request: HttpRequest) -> QueryDict:
    """The filters of the address, or the default when it names none."""
    names = {*FILTER_NAMES, *ALIASES, AS_OF}  # a moment stays in every link of the page
    if not names & request.GET.keys():
        return QueryDict(default_query(request.user))  # type: ignore[arg-type]
    return current_names(request.GET)


def scope_chips(user: User, query: str) -> list[FilterChip]:
    """Ready scopes, the current one marked."""
    today = timezone.now().date()
    day, week = DateRange(today, today), this_week()
    scopes = [("Everybody today", days_query(day)), ("This week", days_query(week))]
    if user.may_certify:
        mine = {"user": user.username}
        scopes = [("Mine today", days_query(day, **mine)), ("My week", days_query(week, **mine)), *scopes]
    scopes.append(("All", EVERYTHING_LIVE))
    if user.may_change_others or user.training_since:
        scopes.append(("Practice" if user.may_change_others else "My practice", PRACTICE))
    return [FilterChip(text, one, one == (query or EVERYTHING_LIVE)) for text, one in scopes]
