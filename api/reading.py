"""What the API reads: rows by their keys, as the items of its lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from certify.references.selectors import references
from listruns.export_rows import FIELDS, values_of
from oms.lumisections import bits
from oms.models import OmsRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from oms.lumisections.models import LumisectionReading

_NAMES = (*FIELDS, "facts")
# {name in the API: column of a run}
_RUN_COLUMNS = {
    "start_time_utc": "start_time",
    "end_time_utc": "end_time",
    "duration_s": "duration",
    "energy_gev": "energy",
    "b_field_t": "b_field",
    "delivered_lumi_per_pb": "delivered_lumi",
    "recorded_lumi_per_pb": "recorded_lumi",
    "fetched_at_utc": "fetched_at",
    **{name: name for name in ("run_number", "run_type", "fill_number", "era", "stable_beam", "lumisections")},
    **{name: name for name in ("fill_type_runtime", "fill_type_party1", "components", "hlt_key", "l1_hlt_mode")},
    "typed": "typed",
}
_SEGMENT_COLUMNS = ("first", "last", *bits.NAMES, "unknown_lumis")


def certification_items(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    """Yield these certifications: one query, and one for the problems of each component that has some."""
    for values in values_of(rows, Cast("facts", TextField())):
        yield dict(zip(_NAMES, [*values[:-1], json.loads(values[-1])], strict=True))


def run_items(condition: Q) -> Iterator[dict[str, Any]]:
    """Yield the runs of this condition by number: one query."""
    for values in OmsRun.objects.filter(condition).order_by("pk").values_list(*_RUN_COLUMNS.values()):
        item = dict(zip(_RUN_COLUMNS, values, strict=True))
        yield item | {"typed": sorted(item["typed"])}


def segment_items(readings: QuerySet[LumisectionReading]) -> Iterator[dict[str, Any]]:
    """Yield these readings, one of each run, with their segments, by run: two queries."""
    for reading in readings.order_by("run_number").defer("lumis").prefetch_related("segments"):
        yield {
            "run_number": reading.run_number,
            "source": reading.source,
            "read_at_utc": reading.read_at,
            "checked_at_utc": reading.checked_at,
            "last": reading.last,
            "last_active": reading.last_active,
            "problems": reading.problems,
            "segments": [
                {name: getattr(segment, name) for name in _SEGMENT_COLUMNS}
                | {"recorded_lumi_per_pb": segment.recorded_lumi}
                for segment in reading.segments.all()
            ],
        }


def reference_items(keys: list[int]) -> Iterator[dict[str, Any]]:
    """Yield references by key: one query."""
    for row in references().filter(pk__in=keys).order_by("pk"):
        successor = row.successor
        yield {
            "id": row.pk,
            "run_number": row.run_id,
            "reconstruction": row.reconstruction,
            "is_current": row.is_reference,
            "run_type": row.run.run_type,
            "fill_number": row.run.fill_number,
            "era": row.era,  # type: ignore[attr-defined]
            "b_field_t": row.run.b_field,
            "energy_gev": row.run.energy,
            "start_time_utc": row.run.start_time,
            "reason": row.reference_reason,
            "by": row.reference_by.username if row.reference_by else None,
            "since_utc": row.reference_since,
            "successor": successor and {"run_number": successor.run_id, "reconstruction": successor.reconstruction},
            "verdict": row.verdict_now,  # type: ignore[attr-defined]
            "use_count": row.use_count,  # type: ignore[attr-defined]
            "last_used": row.last_used,  # type: ignore[attr-defined]
        }
