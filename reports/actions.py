"""Saving the notes of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.operation import operation
from reports.choices import NoteChangeKind
from reports.models import DayNote, WeekNote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from users.models import User


class WrittenMeanwhile(Exception):
    """The note was changed since it was read. `current`: the stored note."""

    def __init__(self, current: WeekNote) -> None:
        super().__init__("Written since by somebody else.")
        self.current = current


def save_day_note(actor: User, day: date, comment: str, links: str, *, is_practice: bool = False) -> DayNote:
    """Save the note of the actor on this day, replacing the previous one. Raises `PermissionDenied`.

    A note sent in training, or typed in it (`is_practice`), is stored as practice, apart from the regular one.
    """
    if not actor.may_certify:
        raise PermissionDenied("A note on a shift day needs the role shifter.")
    note, _ = DayNote.everything.update_or_create(
        day=day,
        user=actor,
        is_practice=is_practice or actor.in_training,
        defaults={"comment": comment, "links": links},
    )
    return note


def save_week_note(actor: User, week: str, version: int, texts: Mapping[str, str]) -> WeekNote:
    """Save the notes on an ISO week as typed, replacing those of `version` (0: there were none).

    Raises `PermissionDenied`, and `WrittenMeanwhile` if another version is stored.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Notes on a week need the role shift leader.")
    try:
        with operation(actor, NoteChangeKind.NOTE) as done:
            note = WeekNote.objects.select_for_update(of=("self",)).filter(week=week).first()
            if (note.version if note else 0) != version:
                raise WrittenMeanwhile(note or WeekNote(week=week, version=0))
            if note:
                done.track_loaded(note)
                note.touch(actor, "")
            note = note or WeekNote(week=week, updated_by=actor)
            for name in WeekNote.TEXTS:
                setattr(note, name, texts[name])
            with transaction.atomic():
                note.save()
    except IntegrityError:
        raise WrittenMeanwhile(WeekNote.objects.get(week=week)) from None
    return note
