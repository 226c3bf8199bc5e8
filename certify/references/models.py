"""How the Strip front ends were read out, run by run, as the APV service says."""

from __future__ import annotations

from django.db import models

from oms.models import OmsRun


class Readout(models.Model):
    """What the APV service said of a run, and when (UTC). An empty mode: it does not know the run."""

    run = models.OneToOneField(OmsRun, models.CASCADE, primary_key=True, related_name="readout")
    mode = models.CharField(max_length=5, blank=True, help_text="DECO or PEAK.")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.mode or 'unknown'}"
