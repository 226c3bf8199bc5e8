"""What shift leaders and shifters do about a certification without changing it: ask, answer, review.

As in `certify.actions`: the actor first, one transaction each, rights and versions checked inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.choices import ChangeKind
from audit.operation import operation
from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.models import TrackerCertification
from certify.models.choices import CertificationState
from certify.review.models import Review, Reviewed, ShifterQuestion
from certify.rules.entry import ValidationIssue
from users.models import User

_WITHDRAWN_MESSAGE = "Not answered: the certification is withdrawn. Restored, the question is open again."


class AnsweredMeanwhile(Exception):
    """The question is open no longer: `existing` is what stands."""

    def __init__(self, existing: ShifterQuestion):
        super().__init__(f"The question on {existing} is open no longer.")
        self.existing = existing


def ask_shifter(actor: User, certification: TrackerCertification, text: str) -> ShifterQuestion:
    """Ask the shifter about a live certification. Shift leaders may. The same question sent again is the one there is.

    Raises `PermissionDenied`, `EntryInvalid` without a text, and `ChangedMeanwhile` where it is withdrawn.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Asking the shifter needs the role shift leader.")
    if not text.strip():
        raise EntryInvalid([ValidationIssue("text", "Type the question.")])
    with operation(actor, ChangeKind.ASK, run=certification.run_number):
        standing = TrackerCertification.objects.lock_row(certification.pk)
        if standing.state != CertificationState.LIVE:
            raise ChangedMeanwhile(standing)
        same = ShifterQuestion.objects.open().filter(certification=standing, asked_by=actor, text=text.strip())
        if (asked := same.first()) is None:
            asked = ShifterQuestion(certification=standing, asked_by=actor, text=text.strip())
            asked.save()
    return asked


def answer_question(actor: User, question: ShifterQuestion, text: str) -> ShifterQuestion:
    """Answer an open question: whose certification it is, and shift leaders. Who asked is told.

    Raises `PermissionDenied`, `EntryInvalid` without a text or on what is withdrawn, and `AnsweredMeanwhile`.
    """
    with operation(actor, ChangeKind.ANSWER, run=question.certification.run_number) as done:
        held = ShifterQuestion.objects.select_for_update(of=("self",)).with_names().get(pk=question.pk)
        if not held.may_be_answered_by(actor):
            owner = held.certification.user.display_name
            raise PermissionDenied(f"{owner} was asked. Only they or a shift leader can answer.")
        if not text.strip():
            raise EntryInvalid([ValidationIssue("answer", "Type the answer.")])
        if held.answered_by == actor and held.answer == text.strip():
            return held
        if not held.is_open or held.is_taken_back:
            raise AnsweredMeanwhile(held)
        if TrackerCertification.everything.lock_row(held.certification_id).state != CertificationState.LIVE:
            raise EntryInvalid([ValidationIssue("answer", _WITHDRAWN_MESSAGE)])
        done.track_loaded(held)
        held.answer, held.answered_by, held.answered_at = text.strip(), actor, timezone.now()
        held.save()
    return held


@dataclass
class ReviewOutcome:
    """What came of a review: the certifications that are reviewed now, and those left out, by why.

    `change` is the key under which the history has it, to be undone; None where nothing was reviewed.
    """

    reviewed: list[TrackerCertification] = field(default_factory=list)
    stale: list[TrackerCertification] = field(default_factory=list)
    changed: list[TrackerCertification] = field(default_factory=list)
    already_reviewed: list[TrackerCertification] = field(default_factory=list)
    change_id: int | None = None


def review_certifications(actor: User, chosen: Mapping[int, int], *, with_stale: bool = False) -> ReviewOutcome:
    """Confirm certifications as looked at: {key: version that was shown}. Shift leaders may.

    Left out are stale ones unless `with_stale`, those changed meanwhile, and those reviewed before.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Reviewing certifications needs the role shift leader.")
    done = ReviewOutcome()
    review: Review | None = None
    with operation(actor, ChangeKind.REVIEW):
        rows = TrackerCertification.objects.select_for_update(of=("self",)).select_related("runreconstruction")
        held = list(rows.defer("facts").filter(pk__in=chosen).order_by("pk"))
        known = set(Reviewed.objects.current().filter(certification__in=held).values_list("certification", flat=True))
        for row in held:
            _outcome_list(done, row, chosen[row.pk], known, with_stale=with_stale).append(row)
        if done.reviewed:
            review = _save_review(actor, done.reviewed)
    if review is not None:
        done.change_id = Review.history.filter(id=review.pk).values_list("change", flat=True).first()
    return done


def _outcome_list(
    outcome: ReviewOutcome, row: TrackerCertification, version: int, known: set[int], *, with_stale: bool
) -> list[TrackerCertification]:
    """The group of the outcome that this certification belongs to."""
    if row.version != version or row.state != CertificationState.LIVE:
        return outcome.changed
    if row.pk in known:
        return outcome.already_reviewed
    return outcome.stale if row.is_stale and not with_stale else outcome.reviewed


def _save_review(actor: User, rows: list[TrackerCertification]) -> Review:
    review = Review(by=actor, certifications=[str(row) for row in rows])
    review.save()
    seen = [Reviewed(review=review, certification=row, version=row.version, was_stale=row.is_stale) for row in rows]
    Reviewed.objects.bulk_create(seen, batch_size=500)
    return review
