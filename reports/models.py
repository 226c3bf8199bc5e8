"""Notes that people add to reports: shifters to a shift day, shift leaders to a week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from audit.models import AuditOptions
from audit.tracked_model import TrackedModel
from reports.choices import NoteChangeKind

if TYPE_CHECKING:
    from collections.abc import Collection


class DayNoteManager(models.Manager["DayNote"]):
    """Notes without those made in training."""

    def get_queryset(self) -> models.QuerySet[DayNote]:
        return super().get_queryset().filter(is_practice=False)


class DayNote(models.Model):
    """The note of one person on one shift day (UTC): a comment, and links to the prompt feedback plots.

    `objects` excludes practice notes, which were made in training and are shown to their owner only; `everything`
    includes them.
    """

    day = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="day_notes")
    comment = models.TextField(blank=True)
    links = models.TextField(blank=True)
    is_practice = models.BooleanField(default=False, editable=False, help_text="Typed in training.")
    updated_at = models.DateTimeField(auto_now=True)

    objects = DayNoteManager()
    everything = models.Manager()

    class Meta:
        ordering = ("-day",)
        constraints = [
            models.UniqueConstraint(fields=["day", "user", "is_practice"], name="one_note_per_day_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.user}"


class WeekNote(TrackedModel):
    """The notes of the shift leaders on one ISO week (UTC), such as 2018-W17, as typed. Report and slides show them.

    `version` grows by one with each save, so that a save based on an older version is refused.
    """

    week = models.CharField(max_length=8, unique=True)
    conditions = models.TextField(blank=True)
    issues = models.TextField(blank=True)
    oncalls = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    TEXTS = ("conditions", "issues", "oncalls", "summary")

    history = AuditOptions(
        kind=NoteChangeKind.NOTE,
        row_label="note on a week",
        untracked=("week", "version", "updated_at", "updated_by"),
        labels={"oncalls": "on-calls"},
    )

    class Meta:
        ordering = ("-week",)

    def __str__(self) -> str:
        return self.week

    def touch(self, actor: Any, _why: str, _fields: Collection[str] = ()) -> None:
        """Increase the version and set the author. The caller saves the row."""
        self.version += 1
        self.updated_by = actor
