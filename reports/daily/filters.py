"""The filter of certifications for daily reports, with its defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from certify.filters.filterset import CertificationFilter
from certify.filters.names import EVERYBODY, current_names, has_days, has_runs

if TYPE_CHECKING:
    import datetime as dt

    from django.http import QueryDict

    from users.models import User


class DailyReportFilter(CertificationFilter):
    """Defaults: today (UTC) without days or runs; without a user the own report for shifters, else all users."""

    SHOWN = ("date", "date_min", "date_max", "runs", "user")
    practice = state = None  # reports exclude practice and what is withdrawn

    def __init__(self, params: QueryDict, reader: User) -> None:
        query = current_names(params)
        if not has_days(query) and not has_runs(query):
            query["date"] = f"{timezone.now():%Y-%m-%d}"
        if "user" not in query:
            is_on_shift = reader.may_certify and not reader.may_change_others
            query["user"] = reader.username if is_on_shift else EVERYBODY
        super().__init__(query)

    @property
    def day(self) -> dt.date | None:
        """The day, or None for several days."""
        return self.days.first if self.days.first == self.days.last else None

    @property
    def person(self) -> User | None:
        """The shifter, or None for several."""
        people = self.values.get("user", [])
        return people[0] if len(people) == 1 else None

    @property
    def user_text(self) -> str:
        """The account names as text for the input."""
        return ", ".join(self.data.getlist("user"))

    def preserved_pairs(self) -> list[tuple[str, str]]:
        """The other filters that are set, as hidden inputs of the form."""
        return [pair for pair in self.as_pairs() if pair[0] not in (*self.SHOWN, "week")]
