"""Requests for lumisections, left by pages and served by `manage.py read_lumisections`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone


class LumisectionRequest(models.Model):
    """A page needs the lumisections of a run, and the flags of one of its datasets if it names one.

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
        ordering: ClassVar = ["requested_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_number", "registry_name"], name="one_request_for_lumisections")
        ]

    def __str__(self) -> str:
        return f"{self.run_number} {self.registry_name}".strip()
