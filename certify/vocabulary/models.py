"""Which checklists a person has worked with on a shift day. It is not certification data and has no history."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ChecklistProgress(models.Model):
    """A person had an edition of a checklist open, or went through the general one, on a shift day (UTC).

    `run_type` is the type of the runs that were certified with the list open; empty for the general list, which counts
    for all runs.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shift_day = models.DateField()
    run_type = models.CharField(max_length=10, blank=True)
    checklist = models.SlugField(max_length=15, db_index=False, help_text="The identifier of the checklist.")
    edition = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "shift_day", "run_type", "checklist", "edition"], name="one_progress_per_edition"
            )
        ]

    def __str__(self) -> str:
        return f"{self.checklist}, edition {self.edition}, on {self.shift_day}"
