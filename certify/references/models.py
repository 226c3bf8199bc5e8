"""Readout modes of the Strip front ends, as given by the APV service."""

from __future__ import annotations

from django.db import models

from oms.models import OmsRun


class Readout(models.Model):
    """The readout mode of a run and the time of the request (UTC). The mode is empty if the service has none."""

    run = models.OneToOneField(OmsRun, models.CASCADE, primary_key=True, related_name="readout")
    mode = models.CharField(max_length=5, blank=True, help_text="DECO or PEAK.")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.mode or 'unknown'}"
