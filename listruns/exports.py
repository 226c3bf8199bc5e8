"""Streamed exports of certifications as CSV and JSON, with the same fields. Field names include units."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from django.utils import timezone

from certify.facts.staleness import format_changes
from certify.models import TrackerCertification
from certify.models.components import RANGES_FIELDS, Component
from infrastructure.csv_export import csv_rows
from infrastructure.number_ranges import format_ranges

Getter = Callable[[TrackerCertification], Any]


def _related_attribute(path: str, attribute: str) -> Getter:
    """Return a getter of the attribute of a related row; None if there is no related row."""
    return lambda row: getattr(getattr(row, path), attribute, None)


def _problem_names(component: Component) -> Getter:
    return lambda row: sorted(problem.name for problem in getattr(row, component.problems_field).all())


def _lumi_out(row: TrackerCertification) -> float | None:
    """Return a sum in decimals of 1e-6 /pb, without the noise of adding floats; None unless it is known of all."""
    lumi = row.out.whole_lumi
    return None if lumi is None else round(lumi, 6)


def _component_fields(component: Component) -> dict[str, Getter]:
    return {
        component.flag_field: attrgetter(component.flag_field),
        component.lowstat_field: attrgetter(component.lowstat_field),
        component.ranges_field: attrgetter(component.ranges_field),
        component.problems_field: _problem_names(component),
    }


# The fields of an export, in this order.
FIELDS: dict[str, Getter] = {
    "id": attrgetter("pk"),
    "run_number": attrgetter("run_number"),
    "reconstruction": attrgetter("reconstruction"),
    "run_type": attrgetter("run_type"),
    "dataset": _related_attribute("dataset", "name"),
    "is_dataset_verified": attrgetter("is_dataset_verified"),
    "reference_run_number": attrgetter("reference_runreconstruction.run_id"),
    "reference_reconstruction": attrgetter("reference_runreconstruction.reconstruction"),
    "is_reference": attrgetter("runreconstruction.is_reference"),
    "fill_number": attrgetter("runreconstruction.run.fill_number"),
    "run_start_time_utc": attrgetter("runreconstruction.run.start_time"),
    "lumisections": attrgetter("lumisections"),
    "recorded_lumi_per_pb": attrgetter("recorded_lumi"),
    **{name: getter for component in Component for name, getter in _component_fields(component).items()},
    "verdict": attrgetter("verdict_word"),
    "lumisections_out": attrgetter("out.count"),
    "lumi_out_per_pb": _lumi_out,
    "like_express": attrgetter("like_express"),
    "trackermap": attrgetter("trackermap"),
    "bad_reason": _related_attribute("bad_reason", "name"),
    "comment": attrgetter("comment"),
    "date": attrgetter("date"),
    "user": attrgetter("user.username"),
    "external_info_complete": attrgetter("external_info_complete"),
    "lumisections_seen": attrgetter("lumisections_seen"),
    "confirmed": attrgetter("confirmed"),
    "is_stale": attrgetter("is_stale"),
    "stale": lambda row: format_changes(row.stale),
    "stale_since_utc": attrgetter("stale_since"),
    "is_practice": attrgetter("is_practice"),
    "state": attrgetter("state"),
    "withdrawn_by": _related_attribute("withdrawn_by", "username"),
    "withdrawn_at_utc": attrgetter("withdrawn_at"),
    "withdrawn_reason": attrgetter("withdrawn_reason"),
    "version": attrgetter("version"),
    "created_at_utc": attrgetter("created_at"),
    "updated_at_utc": attrgetter("updated_at"),
    "updated_by": _related_attribute("updated_by", "username"),
    "change_reason": attrgetter("change_reason"),
}


def exported_values(row: TrackerCertification) -> dict[str, Any]:
    """Return {field: value} of one certification. The row must come from `rows_for_export`."""
    return {name: getter(row) for name, getter in FIELDS.items()}


def csv_lines(rows: Iterable[TrackerCertification]) -> Iterator[str]:
    """Yield a header line, then one line for each row."""
    return csv_rows(FIELDS, (_csv_values(row) for row in rows))


def _csv_values(row: TrackerCertification) -> Iterable[Any]:
    """Return the values of a line: ranges as text, which the import reads."""
    values = exported_values(row)
    for name in RANGES_FIELDS:
        values[name] = format_ranges(values[name])
    return values.values()


def json_lines(rows: Iterable[TrackerCertification]) -> Iterator[str]:
    """Yield a JSON list of objects, one per line."""
    before = "["
    for row in rows:
        yield f"{before}\n{json.dumps(exported_values(row), cls=DjangoJSONEncoder)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


FORMATS: dict[str, tuple[str, Callable[[Iterable[TrackerCertification]], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "json": ("application/json", json_lines),
}


def export_response(rows: Iterable[TrackerCertification], format_name: str) -> StreamingHttpResponse:
    """Return the rows as a streamed attachment; `format_name` is a key of `FORMATS`."""
    content_type, lines = FORMATS[format_name]
    name = f"certifications-{timezone.now():%Y-%m-%d-%H%M}.{format_name}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines(rows), content_type=content_type, headers=headers)
