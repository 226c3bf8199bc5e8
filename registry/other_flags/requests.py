"""Leaves requests for readings of the flags of other detectors, which `manage.py work` serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from registry.models import OtherFlagsRequest

if TYPE_CHECKING:
    from collections.abc import Collection

_RENEWED = ("is_waiting", "requested_at", "attempts", "retry_at", "problem")
_CHUNK = 500


def request_other_flags(datasets: Collection[tuple[int, str]]) -> int:
    """Request a reading of each (run number, dataset name) and return how many: a query for each 500.

    A request that failed is due at once again.
    """
    rows = [
        OtherFlagsRequest(run_number=number, dataset_name=name, requested_at=timezone.now())
        for number, name in sorted(set(datasets))
    ]
    OtherFlagsRequest.objects.bulk_create(
        rows,
        _CHUNK,
        update_conflicts=True,
        unique_fields=["run_number", "dataset_name"],
        update_fields=_RENEWED,
    )
    return len(rows)
