"""What is written for reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.choices import ChangeKind
from audit.operation import operation
from reports.models import DayNote, WeekNote
from users.models import User


class WrittenMeanwhile(Exception):
    """Somebody else has written since: `current` is what is stored now."""

    def __init__(self, current: WeekNote) -> None:
        super().__init__("Written since by somebody else.")
        self.current = current


def save_day_note(actor: User, day: date, comment: str, links: str, *, is_practice: bool = False) -> DayNote:
    """The actor's words on this day, in the place of those before. Raises `PermissionDenied`.

    What is sent in training, or was typed in it (`is_practice`), is practice, beside what counts.
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
    """The words on this week as typed, in the place of those of `version` (0: there were none).

    Raises `PermissionDenied`, and `WrittenMeanwhile` where another version stands.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Notes on a week need the role shift leader.")
    try:
        with operation(actor, ChangeKind.NOTE) as done:
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
