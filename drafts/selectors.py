"""Questions to the database about drafts and leases. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, cast

from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from drafts.form_token import Sheet, is_key
from drafts.models import KEPT, Draft, Lease
from users.models import User

_WHERE = ("run_number", "reconstruction")
# Each opened form asks this. Two querysets and their union take ten times as long to be put into words.
_MARKS = """
    SELECT d.id, d.user_id, username, first_name, last_name, run_number, reconstruction, saved_at, key
    FROM drafts_draft d JOIN users_user u ON u.id = d.user_id
    WHERE NOT is_done AND saved_at > %s AND (u.id = %s OR NOT in_training) AND {where}
    UNION ALL
    SELECT l.id, l.user_id, username, first_name, last_name, run_number, reconstruction, since, ''
    FROM drafts_lease l JOIN users_user u ON u.id = l.user_id
    WHERE ends_at > %s AND taken_at IS NULL AND (u.id = %s OR NOT in_training) AND {where}
"""


class _Row(Protocol):
    """What `_MARKS` gives: a person, and since when they have which form open or, with a `key`, a draft of it."""

    user_id: int
    username: str
    first_name: str
    last_name: str
    run_number: int
    reconstruction: str
    saved_at: datetime
    key: str


@dataclass(frozen=True)
class Mark:
    """That somebody has a form open since a time or, with a `key`, that they have a draft of it saved at that time.

    `has_draft`: who has it open has a draft of it, too.
    """

    person: int
    name: str
    run_number: int
    reconstruction: str
    at: datetime
    key: str = ""
    has_draft: bool = False

    @property
    def is_draft(self) -> bool:
        return bool(self.key)

    @property
    def age(self) -> str:
        """How long ago, in words."""
        return age_in_words(timezone.now() - self.at)


@dataclass(frozen=True)
class Around:
    """What goes on around one opened form: one's own drafts, other people, and the holder's lease if it was taken.

    `drafts_of_others` are of people who do not have it open.
    """

    sheet: Sheet
    open_elsewhere: list[Mark] = field(default_factory=list)
    drafts_of_others: list[Mark] = field(default_factory=list)
    mine: list[Mark] = field(default_factory=list)
    taken: Lease | None = None

    @property
    def newer_elsewhere(self) -> Mark | None:
        """A draft that another tab of the same person saved after this form was opened."""
        return next((mark for mark in self.mine if self._is_of_another_tab(mark)), None)

    @property
    def saved_at(self) -> datetime | None:
        """When this form was last kept as a draft, or what was restored into it."""
        kept = next((mark for mark in self.mine if mark.key == self.sheet.key), self.restored)
        return kept.at if kept else None

    @property
    def offered(self) -> list[tuple[Mark, str]]:
        """One's other drafts, newest first, each with the address that restores it."""
        others = [mark for mark in self.mine if mark.key != self.sheet.key and not self._is_restored(mark)]
        return [(mark, self.sheet.restoring(mark.key)) for mark in others]

    @property
    def restored(self) -> Mark | None:
        """The draft that was put into this form, until the form is kept itself, or somebody typed on there."""
        return next((mark for mark in self.mine if self._is_restored(mark)), None)

    def _is_restored(self, mark: Mark) -> bool:
        return (mark.key, mark.at.isoformat()) == (self.sheet.restored, self.sheet.restored_at)

    def _is_of_another_tab(self, mark: Mark) -> bool:
        return mark.at > self.sheet.opened_at and mark.key != self.sheet.key


def age_in_words(age: timedelta) -> str:
    """The age in its largest unit: less than a minute, 12 min, 3 h, 2 days."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def _marks(reader: int, where: str, of: list[object]) -> list[Mark]:
    """Leases and drafts, newest first, of others in training none: one query."""
    now = timezone.now()
    kept_since, running_at = (connection.ops.adapt_datetimefield_value(one) for one in (now - KEPT, now))
    rows = Draft.objects.raw(_MARKS.format(where=where), [kept_since, reader, *of, running_at, reader, *of])
    marks = [
        Mark(row.user_id, _name(row), row.run_number, row.reconstruction, row.saved_at, row.key)
        for row in cast("Iterable[_Row]", rows)
    ]
    return sorted(marks, key=lambda mark: mark.at, reverse=True)


def _name(row: _Row) -> str:
    return User(username=row.username, first_name=row.first_name, last_name=row.last_name).display_name


def around(sheet: Sheet, taken: Lease | None = None) -> Around:
    """What goes on around an opened form: one query."""
    marks = _marks(sheet.person, "run_number = %s AND reconstruction = %s", [sheet.run_number, sheet.reconstruction])
    drafts = {mark.person: mark for mark in marks if mark.is_draft and mark.person != sheet.person}
    leases = {mark.person: mark for mark in marks if not mark.is_draft and mark.person != sheet.person}
    return Around(
        sheet=sheet,
        open_elsewhere=[replace(mark, has_draft=person in drafts) for person, mark in leases.items()],
        drafts_of_others=[mark for person, mark in drafts.items() if person not in leases],
        mine=[mark for mark in marks if mark.person == sheet.person and mark.is_draft],
        taken=taken,
    )


def marks_of_runs(run_numbers: Iterable[int], reader: int) -> dict[tuple[int, str], list[Mark]]:
    """Who has forms of these runs open and whose drafts there are, by (run, reconstruction): one query."""
    found: dict[tuple[int, str], list[Mark]] = {}
    numbers: list[object] = list(run_numbers)
    if not numbers:
        return found
    for mark in _marks(reader, f"run_number IN ({', '.join(['%s'] * len(numbers))})", numbers):
        found.setdefault((mark.run_number, mark.reconstruction), []).append(mark)
    return found


def drafts_of(person: User, most: int) -> list[Mark]:
    """The person's newest drafts that are offered, one for each form, newest first: one query."""
    rows = Draft.objects.offered().filter(user=person).order_by("-saved_at").values_list(*_WHERE, "saved_at", "key")
    newest: dict[tuple[int, str], Mark] = {}
    for row in rows[: most * 3]:
        newest.setdefault(row[:2], Mark(person.pk, person.display_name, *row))
    return list(newest.values())[:most]


class Restored(NamedTuple):
    """A draft that is put into a form: its key, when it was typed, and what."""

    key: str
    at: datetime
    typed: QueryDict


def draft_of(person: User, run_number: int, reconstruction: str, key: str = "") -> Restored | None:
    """The person's draft with this key, or their newest; None where there is none."""
    if key not in ("", "1") and not is_key(key):
        return None
    mine = Draft.objects.offered().filter(user=person, run_number=run_number, reconstruction=reconstruction)
    wanted = mine.filter(key=key) if key not in ("", "1") else mine
    found = wanted.order_by("-saved_at").values_list("key", "saved_at", "typed").first()
    return Restored(found[0], found[1], QueryDict(found[2], mutable=True)) if found else None
