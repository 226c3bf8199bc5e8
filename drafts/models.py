"""What is typed and not yet saved, and who has which form open. Neither is certification data: both pass away."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

DRAFT_RETENTION = timedelta(days=30)


class DraftQuerySet(models.QuerySet["Draft"]):
    """Drafts by what one asks of them."""

    def restorable(self) -> DraftQuerySet:
        """Those that can still be restored."""
        return self.filter(is_done=False, saved_at__gt=timezone.now() - DRAFT_RETENTION)


class Draft(models.Model):
    """What one person has typed into one opened form. Shown to nobody else.

    `typed` are the fields as a browser sends them (urlencoded: any text, and no character that a database refuses).
    `saved_at` is when it was typed, by this server's clock.
    A form that was saved stays as `is_done`, empty, so that a draft of it that arrives late is not kept.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    run_number = models.PositiveIntegerField()
    reconstruction = models.CharField(max_length=8)
    key = models.CharField(max_length=32, unique=True)
    typed = models.TextField(blank=True)
    is_done = models.BooleanField(default=False)
    saved_at = models.DateTimeField(db_index=True)

    objects: ClassVar[DraftQuerySet] = DraftQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["run_number", "reconstruction"], name="draft_of_reconstruction"),)

    def __str__(self) -> str:
        return f"Draft of {self.run_number} {self.reconstruction}"


class LeaseQuerySet(models.QuerySet["Lease"]):
    """Leases by what one asks of them."""

    def running(self) -> LeaseQuerySet:
        """Those of forms that are open now, and that nobody has taken over."""
        return self.filter(ends_at__gt=timezone.now(), taken_at=None)


class Lease(models.Model):
    """That a person has the form of a reconstruction open, since when, and until when that is believed.

    It keeps nobody from saving. Who took it over, and when, is told to its holder at the next renewal.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="leases")
    run_number = models.PositiveIntegerField()
    reconstruction = models.CharField(max_length=8)
    since = models.DateTimeField()
    ends_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)

    objects: ClassVar[LeaseQuerySet] = LeaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["run_number", "reconstruction", "user"], name="one_lease_per_form_and_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} has {self.run_number} {self.reconstruction} open"
