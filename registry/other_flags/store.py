"""Stores readings of the flags of other detectors, each with a digest that covers the one before it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from audit.canonical import canonical_json
from audit.chain import CHANGED, BrokenRow, CheckedCount
from registry.models import OtherFlagsReading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from registry.other_flags.parsing import OtherFlags

_CHUNK = 200  # rows of some kB
LABEL = OtherFlagsReading._meta.label_lower


@transaction.atomic
def store_other_flags(run_number: int, dataset_name: str, flags: OtherFlags) -> tuple[OtherFlagsReading, bool]:
    """Store a reading unless it equals the last one of the dataset; return the valid one and whether it is new.

    One process at a time stores readings.
    """
    last: OtherFlagsReading | None = _readings(run_number, dataset_name).last()
    if last and canonical_json(last.content) == canonical_json(flags.content):
        return last, False
    # Not the time of the request: a file that was made meanwhile rests on what was stored then.
    new = OtherFlagsReading(
        run_number=run_number, dataset_name=dataset_name, read_at=timezone.now(), content=flags.content
    )
    new.digest = _digest(new, last.digest if last else "")
    new.save()
    return new, True


def _readings(run_number: int, dataset_name: str) -> Any:
    return OtherFlagsReading.objects.filter(run_number=run_number, dataset_name=dataset_name).order_by("pk")


def _digest(reading: OtherFlagsReading, before: str) -> str:
    values = [reading.run_number, reading.dataset_name, f"{reading.read_at:%Y-%m-%dT%H:%M:%S.%f}", reading.content]
    return sha256(canonical_json([before, *values]).encode()).hexdigest()


def broken_readings(
    run_numbers: Collection[int] | None = None, count: CheckedCount | None = None
) -> Iterator[BrokenRow]:
    """The readings, all or those of these runs, that are not as they were written, or of which the one before is gone.

    A reading that was removed with all later ones of its dataset is found by the manifests that name it.
    """
    count = count or CheckedCount()
    before: dict[tuple[int, str], str] = {}
    readings = OtherFlagsReading.objects.order_by("run_number", "dataset_name", "pk")
    if run_numbers is not None:
        readings = readings.filter(run_number__in=run_numbers)
    for reading in readings.iterator(_CHUNK):
        key = reading.run_number, reading.dataset_name
        count.rows += 1
        count.records += key not in before
        if _digest(reading, before.get(key, "")) != reading.digest:
            yield BrokenRow(LABEL, reading.pk, reading.pk, reading.read_at, "Run Registry", CHANGED)
        before = {key: reading.digest}
