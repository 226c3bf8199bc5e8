"""What Run Registry gave of the lumisections of a dataset, stored so that pages do not wait for it.

Readings of the flags of other detectors are never changed, so that files that rest on them can be made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef

from audit.models import AppendOnlyModel, AppendOnlyQuerySet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from registry.flag_ranges import FlagRanges


class StoredFlagRanges(models.Model):
    """The flags of one dataset, lumisection by lumisection, at the last reading (`read_at`, UTC).

    `ranges`: {component: [[first, last, status]]}. `damage`: why they cannot be used, a sentence, or empty.
    """

    run_number = models.PositiveIntegerField()
    dataset_name = models.TextField()
    read_at = models.DateTimeField()
    ranges = models.JSONField(default=dict)
    damage = models.TextField(blank=True)

    class Meta:
        verbose_name = "flag ranges of a dataset"
        verbose_name_plural = "flag ranges of datasets"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_number", "dataset_name"], name="one_row_of_flag_ranges")
        ]

    def __str__(self) -> str:
        return f"{self.run_number} {self.dataset_name}"


def store_flag_ranges(run_number: int, dataset_name: str, flags: FlagRanges, read_at: datetime) -> None:
    """Replace what is stored of a dataset."""
    StoredFlagRanges.objects.update_or_create(
        run_number=run_number,
        dataset_name=dataset_name,
        defaults={"ranges": flags.ranges, "damage": flags.damage, "read_at": read_at},
    )


def stored_flag_ranges(run_numbers: Iterable[int]) -> dict[tuple[int, str], StoredFlagRanges]:
    """Return what is stored by (run number, name of the dataset in Run Registry): one query, none without runs."""
    rows = StoredFlagRanges.objects.filter(run_number__in=set(run_numbers))
    return {(row.run_number, row.dataset_name): row for row in rows}


class OtherFlagsReadingQuerySet(AppendOnlyQuerySet):
    """Queries for readings."""

    def as_of(self, moment: datetime) -> OtherFlagsReadingQuerySet:
        """Return the reading of each dataset that was the latest at a time (UTC)."""
        same = self.model.objects.filter(run_number=OuterRef("run_number"), dataset_name=OuterRef("dataset_name"))
        return self.filter(~Exists(same.filter(read_at__lte=moment, pk__gt=OuterRef("pk"))), read_at__lte=moment)


class OtherFlagsReading(AppendOnlyModel):
    """What Run Registry gave of other detectors of a dataset, from `read_at` (UTC) until the next reading of it.

    `dataset_name`: without white space around it. `content`: as `OtherFlags.content`. `digest`: SHA-256 of all this and
    of the digest of the reading before it. A row for each answer that differs from the one before.
    """

    run_number = models.PositiveIntegerField()
    dataset_name = models.TextField()
    read_at = models.DateTimeField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)

    objects: ClassVar[Any] = OtherFlagsReadingQuerySet.as_manager()

    class Meta:
        verbose_name = "reading of the flags of other detectors"
        verbose_name_plural = "readings of the flags of other detectors"
        indexes: ClassVar = [models.Index(fields=["run_number", "dataset_name", "read_at"], name="other_flags_as_of")]

    def __str__(self) -> str:
        return f"{self.run_number} {self.dataset_name}, {self.read_at:%Y-%m-%d %H:%M:%S} UTC"


class OtherFlagsRequest(models.Model):
    """A request for a reading, and what became of the last one.

    `answered_at`: when Run Registry last answered (UTC), also with the same as before. `problem`: why there is no
    reading, a sentence; a request that failed is served again from `retry_at` on.
    """

    run_number = models.PositiveIntegerField()
    dataset_name = models.TextField()
    is_waiting = models.BooleanField(default=True)
    requested_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name = "request for the flags of other detectors"
        verbose_name_plural = "requests for the flags of other detectors"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_number", "dataset_name"], name="one_request_for_other_flags")
        ]
        indexes: ClassVar = [models.Index(fields=["is_waiting", "requested_at"], name="other_flags_requests")]

    def __str__(self) -> str:
        return f"{self.run_number} {self.dataset_name}"
