"""Which certifications a daily report is about: the one filter, with what stands where nothing is said."""

from __future__ import annotations

import datetime as dt

from django.http import QueryDict
from django.utils import timezone

from certify.filters.filterset import CertificationFilter
from certify.filters.names import EVERYBODY, current_names, has_days, has_runs
from users.models import User


class DailyReportFilter(CertificationFilter):
    """Without days or runs it is today (UTC); without a name a shifter's own, for anybody else everybody's."""

    SHOWN = ("date", "date_min", "date_max", "runs", "user")
    practice = None  # reports are of what counts

    def __init__(self, asked: QueryDict, reader: User) -> None:
        query = current_names(asked)
        if not has_days(query) and not has_runs(query):
            query["date"] = f"{timezone.now():%Y-%m-%d}"
        if "user" not in query:
            is_on_shift = reader.may_certify and not reader.may_change_others
            query["user"] = reader.username if is_on_shift else EVERYBODY
        super().__init__(query)

    @property
    def day(self) -> dt.date | None:
        """The one day; None of several."""
        return self.days.first if self.days.first == self.days.last else None

    @property
    def person(self) -> User | None:
        """The one shifter; None of several."""
        people = self.values.get("user", [])
        return people[0] if len(people) == 1 else None

    @property
    def user_text(self) -> str:
        """Who is asked for, as typed into one field."""
        return ", ".join(self.data.getlist("user"))

    def kept_pairs(self) -> list[tuple[str, str]]:
        """The other filters that are set, which sending the form does not drop."""
        return [pair for pair in self.as_pairs() if pair[0] not in (*self.SHOWN, "week")]
