"""What the address asks for: the default scope, the chips that widen it, and the filters that are set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from certify.models.choices import CertificationState
from listruns.filters import FILTER_NAMES, OTHER_NAMES, CertificationFilter
from users.models import User


@dataclass(frozen=True)
class ListChip:
    """A link to another view of the list: `query` is its query string."""

    text: str
    query: str
    is_current: bool = False
    verdict: str = ""


def query_of(**values: str) -> QueryDict:
    """A query with these values."""
    query = QueryDict(mutable=True)
    query.update(values)
    return query


def _of_days(first: date, last: date, user: User | None = None) -> QueryDict:
    mine = {"user": user.username} if user else {}
    return query_of(**mine, date_min=first.isoformat(), date_max=last.isoformat())


def default_query(user: User) -> QueryDict:
    """My certifications of today (UTC), in training my practice; everybody's for those who certify nothing."""
    if user.in_training:
        return query_of(practice="on")
    today = timezone.now().date()
    return _of_days(today, today, user if user.may_certify else None)


def effective_query(request: HttpRequest) -> QueryDict:
    """The filters of the address, or the default when it names none."""
    names = FILTER_NAMES | {"as_of"}  # it stays in every link of the page
    if not names & request.GET.keys():
        return default_query(request.user)  # type: ignore[arg-type]
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name in names and any(values):
            query.setlist(name, [value for value in values if value])
    return query


def unknown_names(request: HttpRequest) -> list[str]:
    """Names in the address that mean nothing here, such as a filter with a typing error."""
    return sorted(set(request.GET) - FILTER_NAMES - OTHER_NAMES)


def scope_chips(user: User, current: QueryDict) -> list[ListChip]:
    """The widening views, narrowest first."""
    today = timezone.now().date()
    monday = today - timedelta(days=today.weekday())
    sunday = monday + timedelta(days=6)
    scopes = [("Everybody today", _of_days(today, today)), ("This week", _of_days(monday, sunday))]
    if user.may_certify:
        mine = [("Mine today", _of_days(today, today, user)), ("My week", _of_days(monday, sunday, user))]
        scopes = [*mine, *scopes]
    scopes.append(("All", query_of(state=CertificationState.LIVE)))
    if user.may_change_others or user.training_since:
        scopes.append(("Practice" if user.may_change_others else "My practice", query_of(practice="on")))
    same = current or query_of(state=CertificationState.LIVE)
    return [ListChip(text, query.urlencode(), query == same) for text, query in scopes]


def _says(filters: CertificationFilter, name: str, values: list[str]) -> str:
    """The values of one filter in words."""
    if name in ("bad_reason", "pixel_problems", "strip_problems", "tracking_problems"):
        chosen = filters.form.cleaned_data.get(name)
        return ", ".join(map(str, chosen if isinstance(chosen, list | tuple) or hasattr(chosen, "all") else [chosen]))
    return "" if name in ("lowstat", "stale", "incomplete", "practice") else ", ".join(values)


def _name(filters: CertificationFilter, name: str) -> str:
    """What a filter is called where no form stands around it."""
    label = filters.filters[name].label
    return f"Shift day {label.lower()}" if name in ("date_min", "date_max") else label


def active_chips(filters: CertificationFilter, query: QueryDict) -> list[ListChip]:
    """Each filter that is set and understood, with the query that is left without it."""
    chips = []
    for name, values in query.lists():
        if name not in filters.form.cleaned_data or (name, values) == ("state", [CertificationState.LIVE]):
            continue
        rest = query.copy()
        del rest[name]
        rest = rest or query_of(state=CertificationState.LIVE)
        chips.append(ListChip(f"{_name(filters, name)} {_says(filters, name, values)}".strip(), rest.urlencode()))
    return chips
