"""Queries for reviews and for questions to shifters. They do not write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When, Window

from certify.models.choices import CertificationState
from certify.review.models import QuestionQuerySet, Reviewed, ShifterQuestion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from certify.models import TrackerCertification
    from users.models import User

_MAX_ON_HOME = 10


@dataclass(frozen=True)
class CertificationReview:
    """Questions about a certification, oldest first, each with whether the reader may answer, and the last review.

    `is_current` is set if the certification has not changed since that review, `may_ask` if the reader may ask and
    review.
    """

    questions: list[tuple[ShifterQuestion, bool]]
    last_review: Reviewed | None
    is_current: bool
    may_ask: bool


def certification_review(
    certification: TrackerCertification, reader: User, as_of: datetime | None = None
) -> CertificationReview:
    """Return the questions about a certification and its last review: two queries.

    With `as_of`, the state at that time, in which nothing may be asked or answered.
    """
    questions = ShifterQuestion.objects.not_taken_back().filter(certification=certification.pk).with_names()
    reviews = Reviewed.objects.filter(certification=certification.pk, review__is_taken_back=False)
    if as_of is not None:
        questions, reviews = questions.filter(asked_at__lte=as_of), reviews.filter(review__at__lte=as_of)
    is_live, is_current_state = certification.state == CertificationState.LIVE, as_of is None
    may_answer = is_current_state and is_live
    last_review = reviews.select_related("review__by").order_by("-pk").first()
    return CertificationReview(
        questions=[
            (_question_as_of(question, as_of), may_answer and question.is_open and question.may_be_answered_by(reader))
            for question in questions
        ],
        last_review=last_review,
        is_current=bool(last_review and last_review.version == certification.version),
        may_ask=is_current_state and is_live and not certification.is_practice and reader.may_change_others,
    )


def _question_as_of(question: ShifterQuestion, moment: datetime | None) -> ShifterQuestion:
    """Remove an answer that is later than `moment` from the instance."""
    if moment is not None and question.answered_at is not None and question.answered_at > moment:
        question.answer, question.answered_by, question.answered_at = "", None, None
    return question


def current_reviews(rows: Iterable[TrackerCertification]) -> dict[int, Reviewed]:
    """Return the reviews of the current versions of these certifications by primary key: one query."""
    reviews = Reviewed.objects.current().filter(certification__in=[row.pk for row in rows])
    return {review.certification_id: review for review in reviews.select_related("review__by").order_by("pk")}


def unreviewed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the certifications whose current version has no review."""
    reviews = Reviewed.objects.filter(certification=OuterRef("pk"), version=OuterRef("version"))
    return rows.filter(~Exists(reviews.filter(review__is_taken_back=False)))


def questions_about(rows: QuerySet[Any]) -> QuestionQuerySet:
    """Return the questions about these certifications."""
    questions = ShifterQuestion.objects.not_taken_back().filter(certification__in=rows.order_by().values("pk"))
    return questions.with_names()


@dataclass(frozen=True)
class OpenQuestions:
    """Open questions for the home page: `mine` to the user, and the `number` of all for shift leaders, else 0."""

    mine: list[ShifterQuestion]
    number: int


def open_questions_for(person: User) -> OpenQuestions:
    """Return the open questions of a user: one query, which returns at most ten rows and the number of all."""
    is_mine = Q(certification__user=person)
    questions = ShifterQuestion.objects.open().filter(Q() if person.may_change_others else is_mine).with_names()
    counted = questions.annotate(number=Window(Count("pk")), is_others=Case(When(is_mine, then=0), default=1))
    rows: list[Any] = list(counted.order_by("is_others", "pk")[:_MAX_ON_HOME])
    mine = [question for question in rows if question.certification.user_id == person.pk]
    return OpenQuestions(mine, rows[0].number if rows and person.may_change_others else 0)
