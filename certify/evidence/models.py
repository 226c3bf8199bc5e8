"""Requests for histograms, left by pages and served by `manage.py read_evidence`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from certify.ranges.models import ReadingRequest


class Failure(models.TextChoices):
    """How DIALS failed."""

    OUT = "out", "no answer"
    REFUSED = "refused", "access refused"
    UNKNOWN_FORMAT = "format", "unknown format"


class EvidenceRequest(ReadingRequest):
    """A page needs the histograms of a run in a dataset. `failure`: how the last attempt failed, empty before it."""

    failure = models.CharField(max_length=7, choices=Failure.choices, blank=True)

    class Meta(ReadingRequest.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_number", "registry_name"], name="one_request_for_evidence")
        ]
