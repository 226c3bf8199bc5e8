"""Actions that do not change a certification: ask the shifter, answer a question, review.

As in `certify.actions`, each is one transaction that checks permissions and versions on locked rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.operation import operation
from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.models import TrackerCertification
from certify.models.choices import CertificationState, ReviewChangeKind
from certify.review.models import Review, Reviewed, ShifterQuestion
from certify.rules.entry import ValidationIssue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from users.models import User

_WITHDRAWN_MESSAGE = "Not answered: the certification is withdrawn. Restored, the question is open again."


class AnsweredMeanwhile(Exception):
    """The question is not open any more. `existing` is its current state."""

    def __init__(self, existing: ShifterQuestion):
        super().__init__(f"The question on {existing} is open no longer.")
        self.existing = existing


def ask_shifter(actor: User, certification: TrackerCertification, text: str) -> ShifterQuestion:
    """Ask the shifter a question about a live certification. An open question with the same text is returned as it is.

    Raises `PermissionDenied` below the role shift leader, `EntryInvalid` without a text, and `ChangedMeanwhile` if the
    certification is withdrawn.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Asking the shifter needs the role shift leader.")
    return _ask(actor, certification, text)


def send_version(actor: User, certification: TrackerCertification, text: str) -> ShifterQuestion:
    """Ask the shifter of a certification about the version of another shifter, who was slower to save it.

    Raises `PermissionDenied` below the role shifter, in training and for the owner, and the errors of `ask_shifter`.
    """
    if not actor.may_certify or actor.in_training or certification.user_id == actor.pk:
        raise PermissionDenied("A version is sent as a question by another shifter.")
    return _ask(actor, certification, text)


def _ask(actor: User, certification: TrackerCertification, text: str) -> ShifterQuestion:
    if not text.strip():
        raise EntryInvalid([ValidationIssue("text", "Type the question.")])
    with operation(actor, ReviewChangeKind.ASK, run=certification.run_number):
        locked = TrackerCertification.objects.lock_row(certification.pk)
        if locked.state != CertificationState.LIVE:
            raise ChangedMeanwhile(locked)
        same = ShifterQuestion.objects.open().filter(certification=locked, asked_by=actor, text=text.strip())
        if (question := same.first()) is None:
            question = ShifterQuestion(certification=locked, asked_by=actor, text=text.strip())
            question.save()
    return question


def answer_question(actor: User, question: ShifterQuestion, text: str) -> ShifterQuestion:
    """Answer an open question, as the shifter of the certification or a shift leader. Who asked gets a notice.

    Raises `PermissionDenied`, `EntryInvalid` without a text or if the certification is withdrawn, and
    `AnsweredMeanwhile`.
    """
    with operation(actor, ReviewChangeKind.ANSWER, run=question.certification.run_number) as current:
        locked = ShifterQuestion.objects.select_for_update(of=("self",)).with_names().get(pk=question.pk)
        if not locked.may_be_answered_by(actor):
            owner = locked.certification.user.display_name
            raise PermissionDenied(f"{owner} was asked. Only they or a shift leader can answer.")
        if not text.strip():
            raise EntryInvalid([ValidationIssue("answer", "Type the answer.")])
        if locked.answered_by == actor and locked.answer == text.strip():
            return locked
        if not locked.is_open or locked.is_taken_back:
            raise AnsweredMeanwhile(locked)
        if TrackerCertification.everything.lock_row(locked.certification_id).state != CertificationState.LIVE:
            raise EntryInvalid([ValidationIssue("answer", _WITHDRAWN_MESSAGE)])
        current.track_loaded(locked)
        locked.answer, locked.answered_by, locked.answered_at = text.strip(), actor, timezone.now()
        locked.save()
    return locked


@dataclass
class ReviewOutcome:
    """Result of a review: the reviewed certifications, and those that were skipped, by reason.

    `change_id` is the primary key of the change in the history, None if nothing was reviewed.
    """

    reviewed: list[TrackerCertification] = field(default_factory=list)
    stale: list[TrackerCertification] = field(default_factory=list)
    changed: list[TrackerCertification] = field(default_factory=list)
    already_reviewed: list[TrackerCertification] = field(default_factory=list)
    change_id: int | None = None


def review_certifications(actor: User, chosen: Mapping[int, int], *, with_stale: bool = False) -> ReviewOutcome:
    """Store that the actor has reviewed certifications, given as {primary key: version that was shown}.

    Stale ones (unless `with_stale`), those changed meanwhile and those reviewed before are skipped. Raises
    `PermissionDenied` below the role shift leader.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Reviewing certifications needs the role shift leader.")
    outcome = ReviewOutcome()
    review: Review | None = None
    with operation(actor, ReviewChangeKind.REVIEW):
        rows = TrackerCertification.objects.select_for_update(of=("self",)).select_related("runreconstruction")
        locked = list(rows.defer("facts").filter(pk__in=chosen).order_by("pk"))
        current_reviews = Reviewed.objects.current().filter(certification__in=locked)
        reviewed = set(current_reviews.values_list("certification", flat=True))
        for row in locked:
            _outcome_list(outcome, row, chosen[row.pk], reviewed, with_stale=with_stale).append(row)
        if outcome.reviewed:
            review = _save_review(actor, outcome.reviewed)
    if review is not None:
        outcome.change_id = Review.history.filter(id=review.pk).values_list("change", flat=True).first()
    return outcome


def _outcome_list(
    outcome: ReviewOutcome, row: TrackerCertification, version: int, reviewed: set[int], *, with_stale: bool
) -> list[TrackerCertification]:
    """Return the list of the outcome to which this certification belongs."""
    if row.version != version or row.state != CertificationState.LIVE:
        return outcome.changed
    if row.pk in reviewed:
        return outcome.already_reviewed
    return outcome.stale if row.is_stale and not with_stale else outcome.reviewed


def _save_review(actor: User, rows: list[TrackerCertification]) -> Review:
    review = Review(by=actor, certifications=[str(row) for row in rows])
    review.save()
    reviewed = [Reviewed(review=review, certification=row, version=row.version, was_stale=row.is_stale) for row in rows]
    Reviewed.objects.bulk_create(reviewed, batch_size=500)
    return review
