"""What is written for reports."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied

from reports.models import DayNote
from users.models import User


def keep_day_note(actor: User, day: date, comment: str, links: str) -> DayNote:
    """The actor's words on this day, in the place of those before. Raises `PermissionDenied`."""
    if not actor.may_certify:
        raise PermissionDenied("A note on a shift day needs the role shifter.")
    note, _ = DayNote.objects.update_or_create(day=day, user=actor, defaults={"comment": comment, "links": links})
    return note
