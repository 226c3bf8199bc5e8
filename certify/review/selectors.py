"""Questions to the database about reviews and about what shifters were asked. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When, Window

from certify.models import TrackerCertification
from certify.models.choices import CertificationState
from certify.review.models import QuestionQuerySet, Reviewed, ShifterQuestion
from users.models import User

_MAX_ON_HOME = 10


@dataclass(frozen=True)
class CertificationReview:
    """What shift leaders said of one certification: questions, oldest first, and the last review, if any.

    `is_current`: nobody changed it since. `may_ask`: the reader may ask and review.
    """

    questions: list[tuple[ShifterQuestion, bool]]
    last_review: Reviewed | None
    is_current: bool
    may_ask: bool


def certification_review(
    made: TrackerCertification, reader: User, as_of: datetime | None = None
) -> CertificationReview:
    """For the page of a certification: two queries. `as_of`: what was said until then; nothing can be done there."""
    asked = ShifterQuestion.objects.not_taken_back().filter(certification=made.pk).with_names()
    done = Reviewed.objects.filter(certification=made.pk, review__is_taken_back=False).select_related("review__by")
    if as_of is not None:
        asked, done = asked.filter(asked_at__lte=as_of), done.filter(review__at__lte=as_of)
    is_live, is_now = made.state == CertificationState.LIVE and not made.is_practice, as_of is None
    may_answer = is_now and made.state == CertificationState.LIVE
    last = done.order_by("-pk").first()
    return CertificationReview(
        questions=[
            (_question_as_of(one, as_of), may_answer and one.is_open and one.may_be_answered_by(reader))
            for one in asked
        ],
        last_review=last,
        is_current=bool(last and last.version == made.version),
        may_ask=is_now and is_live and reader.may_change_others,
    )


def _question_as_of(asked: ShifterQuestion, moment: datetime | None) -> ShifterQuestion:
    """The question as it stood: open, where its answer came later."""
    if moment is not None and asked.answered_at is not None and asked.answered_at > moment:
        asked.answer, asked.answered_by, asked.answered_at = "", None, None
    return asked


def current_reviews(rows: Iterable[TrackerCertification]) -> dict[int, Reviewed]:
    """The reviews of these certifications as they stand, by key: one query."""
    done = Reviewed.objects.current().filter(certification__in=[row.pk for row in rows])
    return {one.certification_id: one for one in done.select_related("review__by").order_by("pk")}


def unreviewed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the certifications that nobody has reviewed as they stand."""
    of_it = Reviewed.objects.filter(certification=OuterRef("pk"), version=OuterRef("version"))
    return rows.filter(~Exists(of_it.filter(review__is_taken_back=False)))


def questions_about(rows: QuerySet[Any]) -> QuestionQuerySet:
    """The questions on these certifications, open ones first, newest first."""
    asked = ShifterQuestion.objects.not_taken_back().filter(certification__in=rows.order_by().values("pk"))
    return asked.with_names()


@dataclass(frozen=True)
class OpenQuestions:
    """Open questions as home shows them: `mine` to the reader, `number` of all, for who looks after them."""

    mine: list[ShifterQuestion]
    number: int


def open_questions_for(person: User) -> OpenQuestions:
    """One query of some rows: those to the reader first, each with the number of all."""
    is_mine = Q(certification__user=person)
    asked = ShifterQuestion.objects.open().filter(Q() if person.may_change_others else is_mine).with_names()
    counted = asked.annotate(number=Window(Count("pk")), is_others=Case(When(is_mine, then=0), default=1))
    rows = list(counted.order_by("is_others", "pk")[:_MAX_ON_HOME])
    mine: list[ShifterQuestion] = [one for one in rows if one.certification.user_id == person.pk]
    return OpenQuestions(mine, rows[0].number if rows and person.may_change_others else 0)
