"""What DIALS has of a run, as sums: a reading of a run in a dataset, and a summary of each monitoring element.

Numbers are stored packed (dials/packed.py): about 55 kB for six elements of a run of 1,000 lumisections. Times in UTC.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from dials.packed import pack_ascending, pack_counts, pack_figures, unpack
from dials.summing import RunSum
from dials.wire_types import Axis, Binning, RunInDataset


class HistogramReading(models.Model):
    """A run in the dataset of DIALS that belongs to `registry_name`, a dataset of Run Registry.

    `dataset`: its name in DIALS, empty while DIALS does not have the run in it. `lumisections`: ranges (first, last)
    that DIALS has. `completeness`: of the lumisections, as DIALS 2 gives it. `missing`: elements that DIALS does not
    have of this run. `checked_at`: when DIALS last answered what it has of the run; `changed_at`: when it last had
    other lumisections than before. `is_complete`: all that DIALS had then is summed.
    """

    run_number = models.PositiveIntegerField()
    registry_name = models.TextField()
    dataset = models.TextField(blank=True)
    dataset_id = models.BigIntegerField(null=True, blank=True)
    lumisection_count = models.PositiveIntegerField(default=0)
    completeness = models.FloatField(null=True, blank=True)
    lumisections = models.JSONField(default=list)
    missing = models.JSONField(default=list)
    checked_at = models.DateTimeField()
    changed_at = models.DateTimeField(default=timezone.now)
    is_complete = models.BooleanField(default=False)

    class Meta:
        verbose_name = "reading of histograms"
        verbose_name_plural = "readings of histograms"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_number", "registry_name"], name="one_reading_of_histograms")
        ]

    def __str__(self) -> str:
        return f"{self.run_number} {self.registry_name}"

    @property
    def source(self) -> RunInDataset | None:
        """The run in its dataset, or None while DIALS does not have it."""
        if self.dataset_id is None:
            return None
        return RunInDataset(self.dataset_id, self.dataset, self.run_number, self.lumisection_count, self.completeness)


class HistogramSummary(models.Model):
    """A monitoring element of a reading, summed over lumisections.

    `read`: ranges (first, last) of lumisections that are summed, or of which DIALS has no histogram of the element.
    Edges are in the unit of the axis; y is null for one dimension. The packed columns are those of `RunSum`.
    """

    reading = models.ForeignKey(HistogramReading, models.CASCADE, related_name="summaries")
    element = models.TextField()
    element_id = models.BigIntegerField()
    read = models.JSONField(default=list)
    x_low = models.FloatField()
    x_high = models.FloatField()
    x_bins = models.PositiveIntegerField()
    y_low = models.FloatField(null=True, blank=True)
    y_high = models.FloatField(null=True, blank=True)
    y_bins = models.PositiveIntegerField(null=True, blank=True)
    sums = models.BinaryField()
    numbers = models.BinaryField()
    entries = models.BinaryField()
    means = models.BinaryField()
    spreads = models.BinaryField()
    empty_bins = models.BinaryField()

    class Meta:
        verbose_name_plural = "histogram summaries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reading", "element"], name="one_summary_of_an_element")
        ]

    def __str__(self) -> str:
        return self.element

    @property
    def binning(self) -> Binning:
        y = None
        if self.y_low is not None and self.y_high is not None and self.y_bins is not None:
            y = Axis(self.y_low, self.y_high, self.y_bins)
        return Binning(Axis(self.x_low, self.x_high, self.x_bins), y)

    def run_sum(self) -> RunSum:
        """Return the stored numbers."""
        return RunSum(
            self.binning,
            unpack(self.sums),
            [int(number) for number in unpack(self.numbers)],
            [int(number) for number in unpack(self.entries)],
            unpack(self.means),
            unpack(self.spreads),
            [int(number) for number in unpack(self.empty_bins)],
        )

    def set_run_sum(self, run_sum: RunSum) -> None:
        """Set the columns from a sum, which has a binning."""
        binning = run_sum.binning
        assert binning is not None
        self.x_low, self.x_high, self.x_bins = binning.x.low, binning.x.high, binning.x.bins
        if binning.y:
            self.y_low, self.y_high, self.y_bins = binning.y.low, binning.y.high, binning.y.bins
        self.sums, self.entries = pack_counts(run_sum.sums), pack_counts(run_sum.entries)
        self.numbers, self.empty_bins = pack_ascending(run_sum.numbers), pack_counts(run_sum.empty_bins)
        self.means, self.spreads = pack_figures(run_sum.means), pack_figures(run_sum.spreads)
