"""What Run Registry gave of the lumisections of a dataset, stored so that pages do not wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

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
