"""What the home page shows, gathered from the database alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit.presentation import Told, told
from certhelper.home.pending import (
    Answered,
    KeptDraft,
    NextOfSearch,
    answers_of,
    drafts_at_home,
    is_answer,
    next_of_search,
)
from certify.models import TrackerCertification
from certify.models.choices import Verdict
from certify.review.selectors import OpenQuestions, open_questions_for
from history_pages.selectors import notices_for
from listruns.selectors import all_rows, rows_for_lines, rows_seen_by, verdict_totals
from openruns.last_search import last_search_of
from users.models import User

LAST_SHOWN = 8
DAYS_SHOWN = 7
NOTICES_SHOWN = 10
DRAFTS_SHOWN = 8


@dataclass(frozen=True)
class Tally:
    """How many certifications of a day (or of a group) have each verdict."""

    day: date
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def verdicts(self) -> list[tuple[str, int]]:
        """Each verdict there is with its number, in the order of every page."""
        return [(word.value, self.counts[word]) for word in Verdict if self.counts.get(word)]


@dataclass(frozen=True)
class HomePage:
    """`today` in UTC; `last_search` is the query string of the person's last search of open runs.

    `changed`: what others changed of theirs, `answers`: what they asked and was answered, both until acknowledged.
    `incomplete` and `stale` count everybody's live certifications; `questions` are those that shifters were asked and
    have not answered.
    """

    today: date
    mine: Tally
    team: Tally | None
    last_made: list[TrackerCertification]
    days: list[Tally]
    last_search: str
    next: NextOfSearch | None
    drafts: list[KeptDraft]
    changed: list[Told]
    answers: list[Answered]
    incomplete: int
    stale: int
    questions: OpenQuestions


def tallies(of: User, newest: int) -> list[Tally]:
    """Per shift day, newest first, the verdicts of one person's live certifications; in training of their practice."""
    rows: QuerySet[Any] = rows_seen_by(of).live().filter(user=of)
    days = list(rows.order_by("-date").values_list("date", flat=True).distinct()[:newest])
    counted = rows.filter(date__in=days).order_by().values_list("date", "verdict_word").annotate(Count("pk"))
    by_day: dict[date, dict[str, int]] = {day: {} for day in days}
    for day, word, number in counted:
        by_day[day][word] = number
    return [Tally(day, by_day[day]) for day in days]


def tally_of_day(day: date) -> Tally:
    """The verdicts of everybody's live certifications of one shift day."""
    return Tally(day, verdict_totals(all_rows().live().filter(date=day)))


def _to_look_after() -> dict[str, int]:
    """How many certifications have facts to complete, and how many are stale: one query, over these alone."""
    incomplete, stale = Q(external_info_complete=False), Q(stale_since__isnull=False)
    rows = all_rows().live().filter(incomplete | stale).order_by()
    return rows.aggregate(incomplete=Count("pk", filter=incomplete), stale=Count("pk", filter=stale))


def page_of(request: HttpRequest) -> HomePage:
    """The home page of who is signed in."""
    user = cast(User, request.user)
    today = timezone.now().date()
    days = tallies(user, DAYS_SHOWN) if user.may_certify else []
    made = rows_seen_by(user).live()
    made = made.filter(user=user) if user.may_certify else made
    notices = list(notices_for(user)[:NOTICES_SHOWN])
    return HomePage(
        today=today,
        mine=next((tally for tally in days if tally.day == today), Tally(today, {})),
        team=None if user.may_certify and not user.may_change_others else tally_of_day(today),
        last_made=list(rows_for_lines(made).order_by("-pk")[:LAST_SHOWN]),
        days=days,
        last_search=last_search_of(user),
        next=next_of_search(user) if user.may_certify else None,
        drafts=drafts_at_home(user, DRAFTS_SHOWN) if user.may_certify else [],
        questions=open_questions_for(user),
        changed=told([one for one in notices if not is_answer(one)], user),
        answers=answers_of(one for one in notices if is_answer(one)),
        **_to_look_after(),
    )
