"""Streamed exports of certifications as CSV and JSON, with the same fields. Field names include units."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from django.utils import timezone

from certify.models.components import RANGES_FIELDS
from infrastructure.csv_export import csv_rows
from infrastructure.number_ranges import format_ranges
from listruns.export_rows import FIELDS, Rows, Values, exported_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_RANGES_POSITIONS = [list(FIELDS).index(name) for name in RANGES_FIELDS]


def exported_values(rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield {field: value} of each certification."""
    names = list(FIELDS)
    return (dict(zip(names, values, strict=True)) for values in exported_rows(rows))


def csv_lines(rows: Rows) -> Iterator[str]:
    """Yield a header line, then one line for each row."""
    return csv_rows(FIELDS, map(_with_ranges_as_text, exported_rows(rows)))


def _with_ranges_as_text(values: Values) -> Values:
    """Return the values of a line: ranges as text, which the import reads."""
    for position in _RANGES_POSITIONS:
        values[position] = format_ranges(values[position])
    return values


def json_lines(rows: Rows) -> Iterator[str]:
    """Yield a JSON list of objects, one per line."""
    before = "["
    for values in exported_values(rows):
        yield f"{before}\n{json.dumps(values, cls=DjangoJSONEncoder)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


FORMATS: dict[str, tuple[str, Callable[[Rows], Iterable[str]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "json": ("application/json", json_lines),
}


def export_response(rows: Rows, format_name: str) -> StreamingHttpResponse:
    """Return the rows as a streamed attachment; `format_name` is a key of `FORMATS`."""
    content_type, lines = FORMATS[format_name]
    name = f"certifications-{timezone.now():%Y-%m-%d-%H%M}.{format_name}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines(rows), content_type=content_type, headers=headers)
