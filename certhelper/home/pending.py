"""What waits for a person at home: what is next of their search, answers to their questions, drafts. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from audit.choices import ChangeKind
from audit.models import Change
from certify.editor.worklist import Search, SearchStep, read_search
from certify.models import TrackerCertification
from certify.review.models import ShifterQuestion
from certify.rules.run_numbers import parse_run_numbers
from certify.selectors import live_certifications_of
from drafts.form_token import FormToken
from drafts.selectors import PresenceEntry, newest_drafts
from openruns.last_search import last_search_query
from users.models import User


@dataclass(frozen=True)
class SearchProgress:
    """How a person's last search stands: `left` are open, as Run Registry said at `asked_at` (UTC)."""

    runs: str
    first: SearchStep | None
    left: int
    certified: int
    asked_at: datetime | None

    @property
    def url(self) -> str:
        """The form of the first one, on its way through the search."""
        if self.first is None:
            return ""
        form = reverse("certify:certify-reconstruction", args=[self.first.run_number, self.first.reconstruction])
        return f"{form}?{urlencode({'dataset': self.first.dataset, 'runs': self.runs})}"


def search_progress(person: User) -> SearchProgress | None:
    """What is left of the person's last search, by what was answered then and is certified now: a query at most."""
    runs = QueryDict(last_search_query(person)).get("runs", "")
    try:
        numbers = parse_run_numbers(runs)
    except ValueError:
        return None
    search = read_search(runs, numbers[0], person.training_of)
    left, certified = search.open_steps, len(search.certified)
    return SearchProgress(runs, left[0] if left else None, len(left), certified, _oldest_answer_time(search))


def _oldest_answer_time(search: Search) -> datetime | None:
    """When the oldest of the answers was given."""
    return min((answer.asked_at for answer in search.remembered.values()), default=None)


@dataclass(frozen=True)
class HomeDraft:
    """A draft; `since` is what was certified of the same reconstruction after it was typed, `sheet` discards it."""

    entry: PresenceEntry
    since: TrackerCertification | None
    token: str


def home_drafts(person: User, most: int) -> list[HomeDraft]:
    """The person's drafts, newest first: two queries, one without drafts."""
    marks = newest_drafts(person, most)
    if not marks:
        return []
    live = live_certifications_of({mark.run_number for mark in marks}, person.training_of)
    return [_home_draft(person, mark, live.get((mark.run_number, mark.reconstruction))) for mark in marks]


def _home_draft(person: User, entry: PresenceEntry, made: TrackerCertification | None) -> HomeDraft:
    sheet = FormToken(person.pk, entry.run_number, entry.reconstruction, reverse("home"))
    return HomeDraft(entry, made if made and made.created_at > entry.at else None, sheet.signed())


@dataclass(frozen=True)
class AnsweredQuestion:
    """An answer to a question of this person's, until they have seen it."""

    change: Change
    question: ShifterQuestion


def is_answer(change: Change) -> bool:
    return change.kind == ChangeKind.ANSWER


def answered_questions(changes: Iterable[Change]) -> list[AnsweredQuestion]:
    """The questions that these changes answered: one query, none without changes."""
    of_change = {change: line["key"] for change in changes for line in change.lines}
    rows = ShifterQuestion.objects.with_names().in_bulk(of_change.values()) if of_change else {}
    return [AnsweredQuestion(change, rows[key]) for change, key in of_change.items() if key in rows]
