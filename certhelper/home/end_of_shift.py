"""The end of a shift: what is left, in the order in which it is done; read from the database and the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from certhelper.home.pending import HomeDraft, home_drafts
from certify.models.certification_queries import INCOMPLETE
from certify.models.choices import CertificationState, Verdict
from certify.review.selectors import open_questions_for
from listruns.selectors import rows_visible_to
from openruns.searches import SearchProgress, unfinished_searches

if TYPE_CHECKING:
    from datetime import date

    from certify.review.models import ShifterQuestion
    from users.models import User

MAX_DRAFTS = 50
MAX_LINKS = 20


@dataclass(frozen=True)
class CertificationsLeft:
    """Certifications of the person to look at: (primary key, "316187 express") of the newest, and the list of all."""

    count: int
    newest: list[tuple[int, str]]
    url: str


@dataclass(frozen=True)
class EndOfShift:
    """What is left of this person's shift, and the verdicts of `today` (UTC) for the report."""

    today: date
    searches: list[SearchProgress]
    drafts: list[HomeDraft]
    incomplete: CertificationsLeft
    stale: CertificationsLeft
    questions: list[ShifterQuestion]
    verdicts: list[tuple[str, int]]
    report_url: str
    list_url: str

    @property
    def made_today(self) -> int:
        """The number of the person's certifications of today."""
        return sum(number for _, number in self.verdicts)


def end_of_shift(person: User) -> EndOfShift:
    """Return what is left for this person: six queries, whatever the number of rows."""
    today = timezone.now().date()
    own: QuerySet[Any] = rows_visible_to(person).live().filter(user=person)
    columns = ("pk", "runreconstruction__run_id", "runreconstruction__reconstruction")
    flagged = own.filter(INCOMPLETE | Q(stale_since__isnull=False)).order_by("-date", "-pk")
    left = list(flagged.values_list(*columns, "external_info_complete", "lumisections_seen", "stale_since"))
    words = list(own.filter(date=today).order_by().values_list("verdict_word", flat=True))
    day = urlencode({"date": today.isoformat(), "user": person.username})
    return EndOfShift(
        today=today,
        searches=unfinished_searches(person),
        drafts=home_drafts(person, MAX_DRAFTS),
        incomplete=_left([row for row in left if not all(row[3:5])], person, "incomplete"),
        stale=_left([row for row in left if row[5]], person, "stale"),
        questions=open_questions_for(person).mine,
        verdicts=[(verdict.value, words.count(verdict)) for verdict in Verdict if verdict in words],
        report_url=f"{reverse('reports:summary')}?{day}",
        list_url=_list_url(person, date_min=today.isoformat(), date_max=today.isoformat()),
    )


def _left(rows: list[tuple[Any, ...]], person: User, filter_name: str) -> CertificationsLeft:
    newest = [(pk, f"{run_number} {reconstruction}") for pk, run_number, reconstruction, *_ in rows[:MAX_LINKS]]
    return CertificationsLeft(len(rows), newest, _list_url(person, **{filter_name: "on"}))


def _list_url(person: User, **filters: str) -> str:
    """Return the URL of the person's live certifications with these filters."""
    practice = {"practice": "on"} if person.in_training else {}
    query = {**filters, "user": person.username, "state": CertificationState.LIVE.value, **practice}
    return f"{reverse('listruns:list')}?{urlencode(query)}"
