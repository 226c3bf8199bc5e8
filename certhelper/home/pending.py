"""What waits for a person at home: what is next of their search, answers to their questions, drafts. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from audit.choices import Kind
from audit.models import Change
from certify.editor.worklist import Search, Step, read_search
from certify.models import TrackerCertification
from certify.review.models import ShifterQuestion
from certify.rules.run_numbers import parse
from certify.selectors import live_certifications_of
from drafts.form_token import Sheet
from drafts.selectors import Mark, drafts_of
from openruns.last_search import last_search_of
from users.models import User


@dataclass(frozen=True)
class NextOfSearch:
    """How a person's last search stands: `left` are open, as Run Registry said at `asked_at` (UTC)."""

    runs: str
    first: Step | None
    left: int
    certified: int
    asked_at: datetime | None

    @property
    def address(self) -> str:
        """The form of the first one, on its way through the search."""
        if self.first is None:
            return ""
        form = reverse("certify:certify-reconstruction", args=[self.first.run_number, self.first.reconstruction])
        return f"{form}?{urlencode({'dataset': self.first.dataset, 'runs': self.runs})}"


def next_of_search(person: User) -> NextOfSearch | None:
    """What is left of the person's last search, by what was answered then and is certified now: a query at most."""
    runs = QueryDict(last_search_of(person)).get("runs", "")
    try:
        numbers = parse(runs)
    except ValueError:
        return None
    search = read_search(runs, numbers[0], person.practice_of)
    left, certified = search.open_targets, len(search.certified)
    return NextOfSearch(runs, left[0] if left else None, len(left), certified, _asked_at(search))


def _asked_at(search: Search) -> datetime | None:
    """When the oldest of the answers was given."""
    return min((answer.asked_at for answer in search.remembered.values()), default=None)


@dataclass(frozen=True)
class KeptDraft:
    """A draft; `since` is what was certified of the same reconstruction after it was typed, `sheet` discards it."""

    mark: Mark
    since: TrackerCertification | None
    sheet: str


def drafts_at_home(person: User, most: int) -> list[KeptDraft]:
    """The person's drafts, newest first: two queries, one without drafts."""
    marks = drafts_of(person, most)
    if not marks:
        return []
    live = live_certifications_of({mark.run_number for mark in marks}, person.practice_of)
    return [_kept_draft(person, mark, live.get((mark.run_number, mark.reconstruction))) for mark in marks]


def _kept_draft(person: User, mark: Mark, made: TrackerCertification | None) -> KeptDraft:
    sheet = Sheet(person.pk, mark.run_number, mark.reconstruction, reverse("home"))
    return KeptDraft(mark, made if made and made.created_at > mark.at else None, sheet.signed())


@dataclass(frozen=True)
class Answered:
    """An answer to a question of this person's, until they have seen it."""

    change: Change
    question: ShifterQuestion


def is_answer(change: Change) -> bool:
    return change.kind == Kind.ANSWER


def answers_of(changes: Iterable[Change]) -> list[Answered]:
    """The questions that these changes answered: one query, none without changes."""
    of_change = {change: line["key"] for change in changes for line in change.lines}
    rows = ShifterQuestion.objects.with_names().in_bulk(of_change.values()) if of_change else {}
    return [Answered(change, rows[key]) for change, key in of_change.items() if key in rows]
