"""Pending work on the home page: answered questions and drafts; read from the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from certify.models.choices import ReviewChangeKind
from certify.review.models import ShifterQuestion
from certify.selectors import live_certifications_of
from drafts.form_token import FormToken
from drafts.selectors import PresenceEntry, newest_drafts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.models import Change
    from certify.models import TrackerCertification
    from users.models import User


@dataclass(frozen=True)
class HomeDraft:
    """A draft; `since`: a certification of the same reconstruction saved after it; `token`: signed, to discard it."""

    entry: PresenceEntry
    since: TrackerCertification | None
    token: str


def home_drafts(person: User, most: int) -> list[HomeDraft]:
    """The person's drafts, newest first: two queries, or one where there are none."""
    entries = newest_drafts(person, most)
    if not entries:
        return []
    live = live_certifications_of({entry.run_number for entry in entries}, person.training_of)
    return [_home_draft(person, entry, live.get((entry.run_number, entry.reconstruction))) for entry in entries]


def _home_draft(person: User, entry: PresenceEntry, live: TrackerCertification | None) -> HomeDraft:
    token = FormToken(person.pk, entry.run_number, entry.reconstruction, reverse("home"))
    return HomeDraft(entry, live if live and live.created_at > entry.at else None, token.signed())


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question of this person and the change that answered it."""

    change: Change
    question: ShifterQuestion


def is_answer(change: Change) -> bool:
    return change.kind == ReviewChangeKind.ANSWER


def answered_questions(changes: Iterable[Change]) -> list[AnsweredQuestion]:
    """The questions that these changes answered: one query, or none without changes."""
    of_change = {change: line["key"] for change in changes for line in change.lines}
    rows = ShifterQuestion.objects.with_names().in_bulk(of_change.values()) if of_change else {}
    return [AnsweredQuestion(change, rows[key]) for change, key in of_change.items() if key in rows]
