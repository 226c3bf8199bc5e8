"""Questions to the database about drafts and leases. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, cast

from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from drafts.form_token import FormToken, is_form_key
from drafts.models import DRAFT_RETENTION, Draft, Lease
from users.models import User

_FORM_COLUMNS = ("run_number", "reconstruction")
# Each opened form asks this. Two querysets and their union take ten times as long to be put into words.
_PRESENCE_SQL = """
    SELECT d.id, d.user_id, username, first_name, last_name, run_number, reconstruction, saved_at, key
    FROM drafts_draft d JOIN users_user u ON u.id = d.user_id
    WHERE NOT is_done AND saved_at > %s AND (u.id = %s OR NOT in_training) AND {where}
    UNION ALL
    SELECT l.id, l.user_id, username, first_name, last_name, run_number, reconstruction, since, ''
    FROM drafts_lease l JOIN users_user u ON u.id = l.user_id
    WHERE ends_at > %s AND taken_at IS NULL AND (u.id = %s OR NOT in_training) AND {where}
"""


class _PresenceRow(Protocol):
    """What `_PRESENCE_SQL` gives: a person, since when they have which form open or, with a `key`, a draft of it."""

    user_id: int
    username: str
    first_name: str
    last_name: str
    run_number: int
    reconstruction: str
    saved_at: datetime
    key: str


@dataclass(frozen=True)
class PresenceEntry:
    """That somebody has a form open since a time or, with a `key`, that they have a draft of it saved at that time.

    `has_draft`: who has it open has a draft of it, too.
    """

    user_id: int
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
class FormPresence:
    """Who else works on one opened form: one's own drafts, other people, and the holder's lease if it was taken.

    `drafts_of_others` are of people who do not have it open.
    """

    form_token: FormToken
    open_by_others: list[PresenceEntry] = field(default_factory=list)
    drafts_of_others: list[PresenceEntry] = field(default_factory=list)
    own_drafts: list[PresenceEntry] = field(default_factory=list)
    taken_over_lease: Lease | None = None

    @property
    def newer_draft_elsewhere(self) -> PresenceEntry | None:
        """A draft that another tab of the same person saved after this form was opened."""
        return next((entry for entry in self.own_drafts if self._is_of_another_tab(entry)), None)

    @property
    def saved_at(self) -> datetime | None:
        """When this form was last kept as a draft, or what was restored into it."""
        kept = next((entry for entry in self.own_drafts if entry.key == self.form_token.key), self.restored_draft)
        return kept.at if kept else None

    @property
    def other_drafts(self) -> list[tuple[PresenceEntry, str]]:
        """One's other drafts, newest first, each with the address that restores it."""
        others = [
            entry for entry in self.own_drafts if entry.key != self.form_token.key and not self._is_restored(entry)
        ]
        return [(entry, self.form_token.restoring_address(entry.key)) for entry in others]

    @property
    def restored_draft(self) -> PresenceEntry | None:
        """The draft that was put into this form, until the form is kept itself, or somebody typed on there."""
        return next((entry for entry in self.own_drafts if self._is_restored(entry)), None)

    def _is_restored(self, entry: PresenceEntry) -> bool:
        return (entry.key, entry.at.isoformat()) == (self.form_token.restored_key, self.form_token.restored_at)

    def _is_of_another_tab(self, entry: PresenceEntry) -> bool:
        return entry.at > self.form_token.opened_at and entry.key != self.form_token.key


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


def _presence_entries(reader: int, where: str, of: list[object]) -> list[PresenceEntry]:
    """Leases and drafts, newest first, of others in training none: one query."""
    now = timezone.now()
    kept_since, running_at = (connection.ops.adapt_datetimefield_value(one) for one in (now - DRAFT_RETENTION, now))
    rows = Draft.objects.raw(_PRESENCE_SQL.format(where=where), [kept_since, reader, *of, running_at, reader, *of])
    entries = [
        PresenceEntry(row.user_id, _display_name(row), row.run_number, row.reconstruction, row.saved_at, row.key)
        for row in cast("Iterable[_PresenceRow]", rows)
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _display_name(row: _PresenceRow) -> str:
    return User(username=row.username, first_name=row.first_name, last_name=row.last_name).display_name


def form_presence(form_token: FormToken, taken_over_lease: Lease | None = None) -> FormPresence:
    """Who else works on an opened form: one query."""
    entries = _presence_entries(
        form_token.user_id,
        "run_number = %s AND reconstruction = %s",
        [form_token.run_number, form_token.reconstruction],
    )
    drafts = {entry.user_id: entry for entry in entries if entry.is_draft and entry.user_id != form_token.user_id}
    leases = {entry.user_id: entry for entry in entries if not entry.is_draft and entry.user_id != form_token.user_id}
    return FormPresence(
        form_token=form_token,
        open_by_others=[replace(entry, has_draft=person in drafts) for person, entry in leases.items()],
        drafts_of_others=[entry for person, entry in drafts.items() if person not in leases],
        own_drafts=[entry for entry in entries if entry.user_id == form_token.user_id and entry.is_draft],
        taken_over_lease=taken_over_lease,
    )


def presence_of_runs(run_numbers: Iterable[int], reader: int) -> dict[tuple[int, str], list[PresenceEntry]]:
    """Who has forms of these runs open and whose drafts there are, by (run, reconstruction): one query."""
    found: dict[tuple[int, str], list[PresenceEntry]] = {}
    numbers: list[object] = list(run_numbers)
    if not numbers:
        return found
    for entry in _presence_entries(reader, f"run_number IN ({', '.join(['%s'] * len(numbers))})", numbers):
        found.setdefault((entry.run_number, entry.reconstruction), []).append(entry)
    return found


def newest_drafts(person: User, most: int) -> list[PresenceEntry]:
    """The person's newest drafts that are offered, one for each form, newest first: one query."""
    rows = (
        Draft.objects.restorable()
        .filter(user=person)
        .order_by("-saved_at")
        .values_list(*_FORM_COLUMNS, "saved_at", "key")
    )
    newest: dict[tuple[int, str], PresenceEntry] = {}
    for row in rows[: most * 3]:
        newest.setdefault(row[:2], PresenceEntry(person.pk, person.display_name, *row))
    return list(newest.values())[:most]


class StoredDraft(NamedTuple):
    """A draft that is put into a form: its key, when it was typed, and what."""

    key: str
    at: datetime
    typed: QueryDict


def draft_of(person: User, run_number: int, reconstruction: str, key: str = "") -> StoredDraft | None:
    """The person's draft with this key, or their newest; None where there is none."""
    if key not in ("", "1") and not is_form_key(key):
        return None
    mine = Draft.objects.restorable().filter(user=person, run_number=run_number, reconstruction=reconstruction)
    wanted = mine.filter(key=key) if key not in ("", "1") else mine
    found = wanted.order_by("-saved_at").values_list("key", "saved_at", "typed").first()
    return StoredDraft(found[0], found[1], QueryDict(found[2], mutable=True)) if found else None
