"""The content of the home page, read from the database alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from audit.presentation import ChangeView, present_changes
from certhelper.home.pending import (
    AnsweredQuestion,
    HomeDraft,
    answered_questions,
    home_drafts,
    is_answer,
)
from certify.models import RunReconstruction
from certify.models.certification_queries import INCOMPLETE
from certify.models.choices import Verdict
from certify.review.selectors import OpenQuestions, open_questions_for
from golden.file_pages.lists import listed_files
from history_pages.selectors import unacknowledged_changes
from listruns.selectors import all_rows, rows_for_list, rows_visible_to, verdict_totals
from openruns.searches import SearchProgress, unfinished_searches

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest

    from certify.models import TrackerCertification
    from golden.models import GoldenFile
    from users.models import User

MAX_CERTIFICATIONS = 8
MAX_DAYS = 7
MAX_NOTICES = 10
MAX_DRAFTS = 8


@dataclass(frozen=True)
class VerdictTally:
    """How many certifications of a day (or of a group) have each verdict."""

    day: date
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def verdicts(self) -> list[tuple[str, int]]:
        """The verdicts with a count above 0, in the order of `Verdict`."""
        return [(verdict.value, self.counts[verdict]) for verdict in Verdict if self.counts.get(verdict)]


@dataclass(frozen=True)
class HomePage:
    """`today` in UTC; `searches`: the person's last searches of open runs that are not done, the latest first.

    `changes_by_others`: changes to this person's certifications; `answered_questions`: this person's questions that
    were answered; both until acknowledged. `incomplete` and `stale` count all live certifications; `questions`:
    open questions to shifters. `needs_reference`: nothing can be certified, since no reference run exists yet.
    `last_file`: the newest golden JSON, for those who may change certifications of others.
    """

    today: date
    mine: VerdictTally
    team: VerdictTally | None
    latest_certifications: list[TrackerCertification]
    days: list[VerdictTally]
    searches: list[SearchProgress]
    drafts: list[HomeDraft]
    changes_by_others: list[ChangeView]
    answered_questions: list[AnsweredQuestion]
    incomplete: int
    stale: int
    questions: OpenQuestions
    needs_reference: bool
    last_file: GoldenFile | None

    @property
    def days_of_latest(self) -> str:
        """Days (UTC) on which the latest certifications were made, unless all were made today: "2018-04-23".

        Those of today and earlier ones: "today, and back to 2018-04-23".
        """
        days = sorted({row.created_at.astimezone(UTC).date() for row in self.latest_certifications})
        if not days or days == [self.today]:
            return ""
        if days[-1] == self.today:
            return f"today, and back to {days[0]}"
        return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"


def daily_tallies(person: User, limit: int) -> list[VerdictTally]:
    """The verdicts of one person's live certifications (in training: practice) per shift day, newest first."""
    rows: QuerySet[Any] = rows_visible_to(person).live().filter(user=person)
    days = list(rows.order_by("-date").values_list("date", flat=True).distinct()[:limit])
    counts = rows.filter(date__in=days).order_by().values_list("date", "verdict_word").annotate(Count("pk"))
    by_day: dict[date, dict[str, int]] = {day: {} for day in days}
    for day, verdict, number in counts:
        by_day[day][verdict] = number
    return [VerdictTally(day, by_day[day]) for day in days]


def daily_tally(day: date) -> VerdictTally:
    """The verdicts of all live certifications of one shift day."""
    return VerdictTally(day, verdict_totals(all_rows().live().filter(date=day)))


def _attention_counts() -> dict[str, int]:
    """How many live certifications have incomplete facts and how many are stale: one query."""
    stale = Q(stale_since__isnull=False)
    rows = all_rows().live().filter(INCOMPLETE | stale).order_by()
    return rows.aggregate(incomplete=Count("pk", filter=INCOMPLETE), stale=Count("pk", filter=stale))


def home_page(request: HttpRequest) -> HomePage:
    """The home page of the user of this request."""
    user = cast("User", request.user)
    today = timezone.now().date()
    days = daily_tallies(user, MAX_DAYS) if user.may_certify else []
    certifications = rows_visible_to(user).live()
    certifications = certifications.filter(user=user) if user.may_certify else certifications
    notices = list(unacknowledged_changes(user)[:MAX_NOTICES])
    latest = list(rows_for_list(certifications).order_by("-pk")[:MAX_CERTIFICATIONS])
    return HomePage(
        today=today,
        mine=next((tally for tally in days if tally.day == today), VerdictTally(today, {})),
        team=None if user.may_certify and not user.may_change_others else daily_tally(today),
        latest_certifications=latest,
        needs_reference=not latest and not RunReconstruction.objects.filter(is_reference=True).exists(),
        days=days,
        searches=unfinished_searches(user) if user.may_certify else [],
        drafts=home_drafts(user, MAX_DRAFTS) if user.may_certify else [],
        questions=open_questions_for(user),
        changes_by_others=present_changes([notice for notice in notices if not is_answer(notice)], user),
        answered_questions=answered_questions(notice for notice in notices if is_answer(notice)),
        last_file=listed_files().first() if user.may_change_others else None,
        **_attention_counts(),
    )
