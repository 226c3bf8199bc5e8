"""What a shifter adds to a day's report."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class DayNote(models.Model):
    """One person's own words on one shift day (UTC): a comment, and links to the prompt feedback plots."""

    day = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="day_notes")
    comment = models.TextField(blank=True)
    links = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-day",)
        constraints = [models.UniqueConstraint(fields=["day", "user"], name="one_note_per_day_and_person")]

    def __str__(self) -> str:
        return f"{self.day} {self.user}"
