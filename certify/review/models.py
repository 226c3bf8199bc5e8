"""Questions to shifters about certifications, and reviews of certifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audit.models import AuditOptions
from audit.tracked_model import TrackedModel
from certify.models import TrackerCertification
from certify.models.choices import CertificationState, ReviewChangeKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from users.models import User


# Who asks where no person does.
CERTHELPER = "CertHelper"


def taken_back_values(_actor: object, _why: str) -> dict[str, Any]:
    """Return the values that undo the creation of a question or a review."""
    return {"is_taken_back": True}


class QuestionQuerySet(models.QuerySet["ShifterQuestion"]):
    """Queries for questions."""

    def not_taken_back(self) -> QuestionQuerySet:
        """Return the questions that were not undone."""
        return self.filter(is_taken_back=False)

    def open(self) -> QuestionQuerySet:
        """Return the questions without an answer about live certifications that are not practice."""
        is_live = Q(certification__state=CertificationState.LIVE, certification__is_practice=False)
        return self.not_taken_back().filter(is_live, answered_at=None)

    def with_names(self) -> QuestionQuerySet:
        """Return the questions with their certifications and users, without further queries."""
        return self.select_related("certification__runreconstruction", "certification__user", "asked_by", "answered_by")


class ShifterQuestion(TrackedModel):
    """A question of a person, or of CertHelper itself, to the shifter about a certification.

    It is open until it is answered. `asked_by` is None for a question of CertHelper.
    """

    certification = models.ForeignKey(TrackerCertification, models.PROTECT, related_name="shifter_questions")
    text = models.TextField("question")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    is_taken_back = models.BooleanField(default=False)

    objects: ClassVar[QuestionQuerySet] = QuestionQuerySet.as_manager()  # type: ignore[assignment]
    history = AuditOptions(
        kind=ReviewChangeKind.ASK,
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
    def asked_by_name(self) -> str:
        """Return the name of who asked."""
        return self.asked_by.display_name if self.asked_by else CERTHELPER

    @property
    def is_open(self) -> bool:
        """Return whether the question has no answer."""
        return self.answered_at is None

    def may_be_answered_by(self, person: User) -> bool:
        """Return whether the person may answer: the shifter of the certification, and shift leaders."""
        return person.may_change_others or (person.may_certify and self.certification.user_id == person.pk)

    def can_undo(self, actor: Any, _change: Any, fields: Collection[str]) -> bool:
        """Return whether the actor may undo: an answer if they may answer, a question if they are shift leader."""
        return self.may_be_answered_by(actor) if "answer" in fields else actor.may_change_others

    def touch(self, actor: Any, _why: str, _fields: Collection[str] = ()) -> None:
        """Clear who answered if an undo removes the answer, or set the actor if an undo restores it."""
        if not self.answer:
            self.answered_by = self.answered_at = None
        elif self.answered_at is None:
            self.answered_by, self.answered_at = actor, timezone.now()


class Review(TrackedModel):
    """Confirmation of one or more certifications by a shift leader.

    `certifications` lists their names for display; `Reviewed` has the reviewed versions.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    certifications = models.JSONField(default=list)
    is_taken_back = models.BooleanField(default=False)

    history = AuditOptions(
        kind=ReviewChangeKind.REVIEW,
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
    """Queries for reviewed certifications."""

    def current(self) -> ReviewedQuerySet:
        """Return the reviews of current versions. A certification that was changed since is unreviewed again."""
        return self.filter(review__is_taken_back=False, version=F("certification__version"))


class Reviewed(models.Model):
    """One certification of a review, in its reviewed version. `was_stale`: it was confirmed although stale."""

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
