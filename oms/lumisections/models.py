"""Stored lumisections of runs: readings of OMS, each with its segments. Older readings are kept for `as_of`.

Units: luminosity in 1/pb, times in UTC.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from oms.lumisections import bits
from oms.lumisections.segments import SegmentFacts


class LumisectionSource(models.TextChoices):
    OMS = "oms", "OMS"
    FILE = "file", "a file"


class LumisectionReading(models.Model):
    """The lumisections of a run, as a source gave them; stored from `read_at` until `valid_until` (None: still).

    `checked_at`: when the source was last asked and gave the same. `lumis`: luminosity recorded in each lumisection
    from 1 to `last`, null where it is unknown or CMS was not active. `problems`: what is odd about the rows, a sentence
    each.
    """

    run_number = models.PositiveIntegerField()
    source = models.CharField(max_length=4, choices=LumisectionSource.choices, default=LumisectionSource.OMS)
    read_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the rows.")
    last = models.PositiveIntegerField(help_text="The last lumisection that has a row.")
    last_active = models.PositiveIntegerField(null=True, blank=True, help_text="The last one in which CMS was active.")
    lumis = models.JSONField(default=list)
    problems = models.JSONField(default=list)

    class Meta:
        verbose_name = "reading of lumisections"
        verbose_name_plural = "readings of lumisections"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run_number"], condition=Q(valid_until=None), name="one_valid_reading_of_a_run"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["run_number", "read_at"])]

    def __str__(self) -> str:
        return f"{self.run_number}, {self.read_at:%Y-%m-%d %H:%M:%S} UTC"


class LumisectionSegment(models.Model):
    """Consecutive lumisections of a reading, `first` to `last`, both included, with equal bits.

    `recorded_lumi`: 1/pb, over the active lumisections of which it is known. `unknown_lumis`: the number of the others.
    """

    reading = models.ForeignKey(LumisectionReading, models.CASCADE, related_name="segments")
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    stable_beams = models.BooleanField(null=True)
    cms_active = models.BooleanField(null=True)
    bpix = models.BooleanField(null=True)
    fpix = models.BooleanField(null=True)
    tibtid = models.BooleanField(null=True)
    tob = models.BooleanField(null=True)
    tecp = models.BooleanField(null=True)
    tecm = models.BooleanField(null=True)
    recorded_lumi = models.FloatField(null=True, blank=True)
    unknown_lumis = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["first"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reading", "first"], name="one_segment_from_a_lumisection"),
            models.CheckConstraint(condition=Q(first__gte=1, last__gte=F("first")), name="segment_first_to_last"),
        ]

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def facts(self) -> SegmentFacts:
        """The segment as plain values."""
        return SegmentFacts(self.first, self.last, self.bits, self.recorded_lumi, self.unknown_lumis)

    @property
    def bits(self) -> bits.Bits:
        """The bits in the order of `bits.NAMES`."""
        return tuple(getattr(self, name) for name in bits.NAMES)
