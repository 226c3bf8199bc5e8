"""The certifications that a report is about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import QuerySet

from certify.models import TrackerCertification
from reports.models import DayNote
from reports.rows import ReportRow, report_rows
from users.models import User


def report_rows_in(scope: dict[str, Any]) -> list[ReportRow]:
    """The live certifications of a scope (`ScopeForm.cleaned_data`) as lines: one query."""
    rows: QuerySet[TrackerCertification] = TrackerCertification.objects.live()
    narrowed = {
        "date": scope["date"],
        "date__gte": scope["date_min"],
        "date__lte": scope["date_max"],
        "runreconstruction__run_id__in": scope["runs"],
        "user": scope["user"],
    }
    return report_rows(rows.filter(**{name: value for name, value in narrowed.items() if value}))


def day_notes_on(days: Collection[date], people: Collection[User] = ()) -> list[DayNote]:
    """What shifters said of these days, by day and name; of these people alone where some are named."""
    notes = DayNote.objects.filter(day__in=days)
    if people:
        notes = notes.filter(user__in=people)
    return [
        note for note in notes.select_related("user").order_by("day", "user__username") if note.comment or note.links
    ]


def day_note_of(person: User | None, day: date | None) -> DayNote | None:
    """What this person said of this day, and counts."""
    return DayNote.objects.filter(user=person, day=day).first() if person and day else None


def practice_note_of(reader: User, day: date | None) -> DayNote | None:
    """What the reader typed of this day in training."""
    return DayNote.everything.filter(user=reader, day=day, is_practice=True).first() if day else None
