"""Requests for lumisections, left by pages and served by `manage.py read_lumisections`."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


class ReadingRequest(models.Model):
    """A page needs what an outside service has of a run and a dataset.

    `registry_name`: the name of the dataset in Run Registry, or empty. A request is deleted once it is served; one
    that failed has the `problem`, a sentence, and is served again from `retry_at` (UTC) on.
    """

    run_number = models.PositiveIntegerField()
    registry_name = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["requested_at", "pk"]

    def __str__(self) -> str:
        return f"{self.run_number} {self.registry_name}".strip()

    def postpone(self, problem: str) -> None:
        """Set when the request is served again, and save it: after 30 s, then after twice the time, at most an hour."""
        self.attempts = min(self.attempts + 1, 20)
        self.problem = problem
        self.retry_at = timezone.now() + min(FIRST_WAIT * 2 ** (self.attempts - 1), LONGEST_WAIT)
        self.save()


class LumisectionRequest(ReadingRequest):
    """A page needs the lumisections of a run, and the flags of one of its datasets if it names one."""

    class Meta(ReadingRequest.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_number", "registry_name"], name="one_request_for_lumisections")
        ]
