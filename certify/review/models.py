"""What shift leaders say of certifications: a question to the shifter, and that they have looked at it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audit.choices import ChangeKind
from audit.models import AuditOptions
from audit.tracked_model import TrackedModel
from certify.models import TrackerCertification
from certify.models.choices import CertificationState
from users.models import User


def taken_back_values(_actor: object, _why: str) -> dict[str, Any]:
    """What undoes a question or a review."""
    return {"is_taken_back": True}


class QuestionQuerySet(models.QuerySet["ShifterQuestion"]):
    """Questions by what one asks of them."""

    def not_taken_back(self) -> QuestionQuerySet:
        return self.filter(is_taken_back=False)

    def open(self) -> QuestionQuerySet:
        """Those without an answer, on what counts."""
        is_live = Q(certification__state=CertificationState.LIVE, certification__is_practice=False)
        return self.not_taken_back().filter(is_live, answered_at=None)

    def with_names(self) -> QuestionQuerySet:
        return self.select_related("certification__runreconstruction", "certification__user", "asked_by", "answered_by")


class ShifterQuestion(TrackedModel):
    """What a shift leader asks the shifter about a certification; open until it is answered."""

    certification = models.ForeignKey(TrackerCertification, models.PROTECT, related_name="shifter_questions")
    text = models.TextField("question")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    is_taken_back = models.BooleanField(default=False)

    objects: ClassVar[QuestionQuerySet] = QuestionQuerySet.as_manager()  # type: ignore[assignment]
    history = AuditOptions(
        kind=ChangeKind.ASK,
        row_label="question to the shifter",
        untracked=("certification", "asked_by", "asked_at", "answered_by", "answered_at"),
        owner="asked_by_id",
        permission_fields=("certification__user",),
        reverse_create=taken_back_values,
        labels={"is_taken_back": "taken back"},
    )

    class Meta:
        ordering = ("pk",)
        indexes = [
            models.Index(
                fields=["certification"],
                condition=Q(answered_at__isnull=True, is_taken_back=False),
                name="open_shifter_questions",
            )
        ]

    def __str__(self) -> str:
        return str(self.certification)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    def may_be_answered_by(self, person: User) -> bool:
        """Whose certification it is, while still a shifter, and shift leaders."""
        return person.may_change_others or (person.may_certify and self.certification.user_id == person.pk)

    def can_undo(self, actor: Any, _change: Any, fields: Collection[str]) -> bool:
        """The answer is set back by who may answer, the question by shift leaders."""
        return self.may_be_answered_by(actor) if "answer" in fields else actor.may_change_others

    def touch(self, actor: Any, _why: str, _fields: Collection[str] = ()) -> None:
        """An answer that is set back was given by nobody; one that comes back, by who brings it back."""
        if not self.answer:
            self.answered_by = self.answered_at = None
        elif self.answered_at is None:
            self.answered_by, self.answered_at = actor, timezone.now()


class Review(TrackedModel):
    """That a shift leader has looked at certifications and confirms them, all in one go.

    `certifications` names them for people; `Reviewed` says which versions they were.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    certifications = models.JSONField(default=list)
    is_taken_back = models.BooleanField(default=False)

    history = AuditOptions(
        kind=ChangeKind.REVIEW,
        untracked=("by", "at"),
        reverse_create=taken_back_values,
        labels={"is_taken_back": "taken back"},
    )

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        number = len(self.certifications)
        return f"{number} certification{'' if number == 1 else 's'}"


class ReviewedQuerySet(models.QuerySet["Reviewed"]):
    """What was reviewed, by what one asks of it."""

    def current(self) -> ReviewedQuerySet:
        """Reviews of the version that stands: a certification that was changed since is unreviewed again."""
        return self.filter(review__is_taken_back=False, version=F("certification__version"))


class Reviewed(models.Model):
    """One certification of a review, as the version that was looked at. `was_stale`: it was stale and so confirmed."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="reviewed")
    certification = models.ForeignKey(TrackerCertification, models.PROTECT, related_name="reviewed")
    version = models.PositiveIntegerField()
    was_stale = models.BooleanField(default=False)

    objects: ClassVar[ReviewedQuerySet] = ReviewedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name, verbose_name_plural = "reviewed certification", "reviewed certifications"
        constraints = [models.UniqueConstraint(fields=["certification", "review"], name="reviewed_once_in_a_review")]

    def __str__(self) -> str:
        return f"{self.certification_id}, version {self.version}"
