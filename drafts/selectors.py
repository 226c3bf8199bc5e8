"""Queries for drafts and leases. They do not write."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from drafts.content import DraftText, summaries_of_unsaved
from drafts.form_token import FormToken, is_form_key
from drafts.models import DRAFT_RETENTION, Draft, Lease
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

_FORM_COLUMNS = ("run_number", "reconstruction")
# Executed for each opened form. Compiling two querysets and their union takes ten times as long.
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
    """A row of `_PRESENCE_SQL`: a lease with its start or, if `key` is set, a draft with the time of saving."""

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
    """A user has a form open since `at` or, if `key` is set, a draft of it saved at `at` (UTC).

    `has_draft` is set for an open form of which the user has a draft, too. `summary` says what an offered draft has.
    """

    user_id: int
    name: str
    run_number: int
    reconstruction: str
    at: datetime
    key: str = ""
    has_draft: bool = False
    summary: str = ""

    @property
    def is_draft(self) -> bool:
        """Return whether the entry is a draft, not an open form."""
        return bool(self.key)

    @property
    def age(self) -> str:
        """Return the age as text."""
        return age_in_words(timezone.now() - self.at)


@dataclass(frozen=True)
class FormPresence:
    """Other users and drafts of the reconstruction of one opened form.

    `drafts_of_others` are those of users who do not have the form open. `offered_draft` is the newest other draft of
    the same user that differs from what is saved. `taken_over_lease` is the lease of this form
    if it was taken over.
    """

    form_token: FormToken
    open_by_others: list[PresenceEntry] = field(default_factory=list)
    drafts_of_others: list[PresenceEntry] = field(default_factory=list)
    own_drafts: list[PresenceEntry] = field(default_factory=list)
    offered_draft: PresenceEntry | None = None
    taken_over_lease: Lease | None = None

    @property
    def newer_draft_elsewhere(self) -> PresenceEntry | None:
        """Return a draft that another tab of the same user saved after this form was opened."""
        return next((entry for entry in self.own_drafts if self._is_of_another_tab(entry)), None)

    @property
    def saved_at(self) -> datetime | None:
        """Return the time of the draft of this form, else of the draft that was restored into it."""
        drafts_of_form = (entry for entry in self.own_drafts if entry.key == self.form_token.key)
        draft = next(drafts_of_form, self.restored_draft)
        return draft.at if draft else None

    @property
    def other_drafts(self) -> list[PresenceEntry]:
        """Return the other drafts of the same user, newest first."""
        return [entry for entry in self.own_drafts if entry.key != self.form_token.key and not self._is_restored(entry)]

    @property
    def offered_address(self) -> str:
        """Return the URL that restores the offered draft."""
        return self.form_token.restoring_address(self.offered_draft.key) if self.offered_draft else ""

    @property
    def restored_draft(self) -> PresenceEntry | None:
        """Return the draft that was restored into this form, if it has not been deleted or changed since."""
        return next((entry for entry in self.own_drafts if self._is_restored(entry)), None)

    def _is_restored(self, entry: PresenceEntry) -> bool:
        return (entry.key, entry.at.isoformat()) == (self.form_token.restored_key, self.form_token.restored_at)

    def _is_of_another_tab(self, entry: PresenceEntry) -> bool:
        return entry.at > self.form_token.opened_at and entry.key != self.form_token.key


def age_in_words(age: timedelta) -> str:
    """Return the age in its largest unit: "less than a minute", "12 min", "3 h" or "2 days"."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def _presence_entries(reader: int, where: str, parameters: list[object]) -> list[PresenceEntry]:
    """Return leases and drafts, newest first, without those of other users in training: one query."""
    now = timezone.now()
    saved_after, running_at = (connection.ops.adapt_datetimefield_value(time) for time in (now - DRAFT_RETENTION, now))
    rows = Draft.objects.raw(
        _PRESENCE_SQL.format(where=where), [saved_after, reader, *parameters, running_at, reader, *parameters]
    )
    entries = [
        PresenceEntry(row.user_id, _display_name(row), row.run_number, row.reconstruction, row.saved_at, row.key)
        for row in cast("Iterable[_PresenceRow]", rows)
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _display_name(row: _PresenceRow) -> str:
    return User(username=row.username, first_name=row.first_name, last_name=row.last_name).display_name


def form_presence(form_token: FormToken, taken_over_lease: Lease | None = None) -> FormPresence:
    """Return the other users and drafts of an opened form: one query, and a few for a person with other drafts."""
    entries = _presence_entries(
        form_token.user_id,
        "run_number = %s AND reconstruction = %s",
        [form_token.run_number, form_token.reconstruction],
    )
    drafts = {entry.user_id: entry for entry in entries if entry.is_draft and entry.user_id != form_token.user_id}
    leases = {entry.user_id: entry for entry in entries if not entry.is_draft and entry.user_id != form_token.user_id}
    presence = FormPresence(
        form_token=form_token,
        open_by_others=[replace(entry, has_draft=user_id in drafts) for user_id, entry in leases.items()],
        drafts_of_others=[entry for user_id, entry in drafts.items() if user_id not in leases],
        own_drafts=[entry for entry in entries if entry.user_id == form_token.user_id and entry.is_draft],
        taken_over_lease=taken_over_lease,
    )
    return replace(presence, offered_draft=next(iter(_unsaved_drafts(presence.other_drafts)), None))


def _unsaved_drafts(entries: list[PresenceEntry]) -> list[PresenceEntry]:
    """Return the drafts that differ from what is saved, with their summaries, in the same order."""
    if not entries:
        return []
    rows = Draft.objects.filter(key__in=[entry.key for entry in entries]).order_by()
    texts = [
        DraftText(key, user_id, in_training, run_number, reconstruction, QueryDict(typed))
        for key, user_id, in_training, run_number, reconstruction, typed in rows.values_list(
            "key", "user_id", "user__in_training", *_FORM_COLUMNS, "typed"
        )
    ]
    summaries = summaries_of_unsaved(texts)
    return [replace(entry, summary=summaries[entry.key]) for entry in entries if entry.key in summaries]


def presence_of_runs(run_numbers: Iterable[int], reader: int) -> dict[tuple[int, str], list[PresenceEntry]]:
    """Return open forms and drafts of these runs by (run, reconstruction), as `reader` (primary key) sees them.

    One query, or none without runs.
    """
    entries: dict[tuple[int, str], list[PresenceEntry]] = {}
    numbers: list[object] = list(run_numbers)
    if not numbers:
        return entries
    for entry in _presence_entries(reader, f"run_number IN ({', '.join(['%s'] * len(numbers))})", numbers):
        entries.setdefault((entry.run_number, entry.reconstruction), []).append(entry)
    return entries


def newest_drafts(person: User, limit: int) -> list[PresenceEntry]:
    """Return the newest restorable draft of each form, newest first, at most `limit`, without what is saved already."""
    rows = (
        Draft.objects.restorable()
        .filter(user=person)
        .order_by("-saved_at")
        .values_list(*_FORM_COLUMNS, "saved_at", "key")
    )
    entries = [PresenceEntry(person.pk, person.display_name, *row) for row in rows[: limit * 3]]
    newest: dict[tuple[int, str], PresenceEntry] = {}
    for entry in _unsaved_drafts(entries):
        newest.setdefault((entry.run_number, entry.reconstruction), entry)
    return list(newest.values())[:limit]


class StoredDraft(NamedTuple):
    """A draft to restore into a form: its key, the time of typing and the fields."""

    key: str
    at: datetime
    typed: QueryDict


def draft_of(person: User, run_number: int, reconstruction: str, key: str = "") -> StoredDraft | None:
    """Return the user's draft with this key, or the newest one if `key` is "" or "1"; None if there is none."""
    if key not in ("", "1") and not is_form_key(key):
        return None
    drafts = Draft.objects.restorable().filter(user=person, run_number=run_number, reconstruction=reconstruction)
    if key not in ("", "1"):
        drafts = drafts.filter(key=key)
    row = drafts.order_by("-saved_at").values_list("key", "saved_at", "typed").first()
    return StoredDraft(row[0], row[1], QueryDict(row[2], mutable=True)) if row else None
