"""Drafts of forms and leases of open forms. Neither is certification data; both are deleted after some time."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

DRAFT_RETENTION = timedelta(days=30)


class DraftQuerySet(models.QuerySet["Draft"]):
    """Queries for drafts."""

    def restorable(self) -> DraftQuerySet:
        """Return the drafts that can be restored."""
        return self.filter(is_done=False, saved_at__gt=timezone.now() - DRAFT_RETENTION)


class Draft(models.Model):
    """The text that one user has typed into one opened form. Other users cannot read it.

    `typed` holds the urlencoded fields (ASCII, so any text can be stored). `saved_at` is the time of typing by the
    clock of the server. After the form was saved, the row remains, empty and with `is_done`, so that a draft that
    arrives later is ignored.
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
    """Queries for leases."""

    def running(self) -> LeaseQuerySet:
        """Return the leases that have not expired and were not taken over."""
        return self.filter(ends_at__gt=timezone.now(), taken_at=None)


class Lease(models.Model):
    """A user has the form of a reconstruction open, from `since` until `ends_at` unless renewed.

    A lease prevents nobody from saving. After a takeover (`taken_by`, `taken_at`) its user sees a message at the next
    renewal.
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
