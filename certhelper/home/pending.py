"""Pending work on the home page: the next run of the search, answered questions, drafts; read from the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from certify.editor.worklist import Search, SearchStep, read_search
from certify.models.choices import ReviewChangeKind
from certify.review.models import ShifterQuestion
from certify.rules.run_numbers import parse_run_numbers
from certify.selectors import live_certifications_of
from drafts.form_token import FormToken
from drafts.selectors import PresenceEntry, newest_drafts
from openruns.last_search import last_search_query

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from audit.models import Change
    from certify.models import TrackerCertification
    from users.models import User


@dataclass(frozen=True)
class SearchProgress:
    """Progress in a person's last search: `left` runs are open by Run Registry's response of `asked_at` (UTC)."""

    runs: str
    first: SearchStep | None
    left: int
    certified: int
    asked_at: datetime | None

    @property
    def url(self) -> str:
        """The certify form of the first open reconstruction, with the search in its query; "" where none is open."""
        if self.first is None:
            return ""
        form = reverse("certify:certify-reconstruction", args=[self.first.run_number, self.first.reconstruction])
        return f"{form}?{urlencode({'dataset': self.first.dataset, 'runs': self.runs})}"


def search_progress(person: User) -> SearchProgress | None:
    """Progress in the person's last search, from the cached responses and what is certified now: one query at most."""
    runs = QueryDict(last_search_query(person)).get("runs", "")
    try:
        numbers = parse_run_numbers(runs)
    except ValueError:
        return None
    search = read_search(runs, numbers[0], person.training_of)
    left, certified = search.open_steps, len(search.certified)
    return SearchProgress(runs, left[0] if left else None, len(left), certified, _oldest_answer_time(search))


def _oldest_answer_time(search: Search) -> datetime | None:
    """The time of the oldest cached response."""
    return min((answer.asked_at for answer in search.remembered.values()), default=None)


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
