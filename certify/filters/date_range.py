"""Days and weeks: ISO weeks, Monday to Sunday, in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


@dataclass(frozen=True)
class DateRange:
    """A range of days from first to last, both included; None if that side is open."""

    first: date | None = None
    last: date | None = None

    @property
    def week(self) -> str:
        """The ISO week, such as 2018-W17, if these are its seven days; else empty."""
        if self.first is None or self.last != self.first + timedelta(days=6) or self.first.weekday():
            return ""
        return week_name(self.first)

    def all(self) -> list[date]:
        """All days in order; empty if a side is open."""
        if self.first is None or self.last is None:
            return []
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def moved(self, direction: int) -> DateRange | None:
        """The adjacent range of equal length, before (-1) or after (1); None if a side is open or out of range."""
        if self.first is None or self.last is None:
            return None
        step = direction * timedelta(days=(self.last - self.first).days + 1)
        moved = DateRange(self.first + step, self.last + step)
        return moved if self.first + step >= FIRST_DAY and self.last + step <= LAST_DAY else None

    def query(self) -> dict[str, str]:
        """The range as parameters of a query string: `week`, or `from` and `to`."""
        if self.week:
            return {"week": self.week}
        ends = {"date_min": self.first, "date_max": self.last}
        return {name: day.isoformat() for name, day in ends.items() if day}


def week_name(day: date) -> str:
    """The ISO week of a day, such as 2018-W17."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def days_of_week(name: str) -> DateRange:
    """The seven days of an ISO week such as 2018-W17. Raises `ValueError` with a message for the page."""
    matched = _WEEK.fullmatch(name.strip())
    try:
        monday = date.fromisocalendar(int(matched[1]), int(matched[2]), 1) if matched else None
    except ValueError:
        monday = None
    if monday is None or not FIRST_DAY <= monday <= LAST_DAY - timedelta(days=6):
        raise ValueError("There is no such week. Give it as 2018-W17.")
    return DateRange(monday, monday + timedelta(days=6))


def this_week() -> DateRange:
    """The current ISO week (UTC)."""
    today = timezone.now().date()
    monday = today - timedelta(days=today.weekday())
    return DateRange(monday, monday + timedelta(days=6))
