"""The notes of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.models import DayNote

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from users.models import User


def day_notes_on(days: Collection[date], people: Collection[User] = ()) -> list[DayNote]:
    """The shifters' notes on these days, by day and name; only those of `people` if it is not empty."""
    notes = DayNote.objects.filter(day__in=days)
    if people:
        notes = notes.filter(user__in=people)
    return [
        note for note in notes.select_related("user").order_by("day", "user__username") if note.comment or note.links
    ]


def day_note_of(person: User | None, day: date | None) -> DayNote | None:
    """The note of this person on this day, practice excluded; None if there is none."""
    return DayNote.objects.filter(user=person, day=day).first() if person and day else None


def practice_note_of(reader: User, day: date | None) -> DayNote | None:
    """The practice note of the reader on this day; None if there is none."""
    return DayNote.everything.filter(user=reader, day=day, is_practice=True).first() if day else None
