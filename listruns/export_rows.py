"""The rows of exports, read as columns: a row costs a tenth of the time that its model instances cost.

JSON columns are read as text, since most of them are empty lists, which need no parsing.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast

from certify.facts.staleness import format_changes
from certify.models import TrackerCertification
from certify.models.components import FLAG_COLUMNS, RANGES_FIELDS, Component
from certify.models.lumisections_out import lumisections_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK = 500
Rows = QuerySet[Any]
Values = list[Any]  # in the order of `FIELDS`
_EMPTY = "[]"


def _text(column: str) -> Cast:
    return Cast(column, TextField())


def _problems_table(component: Component) -> Any:
    """Return the rows of the table that joins certifications with problems of this component."""
    relation: Any = TrackerCertification._meta.get_field(component.problems_field)
    return relation.remote_field.through.objects.order_by()


def _component_fields(component: Component) -> dict[str, Any]:
    return {
        component.flag_field: component.flag_field,
        component.lowstat_field: component.lowstat_field,
        component.ranges_field: _text(component.ranges_field),
        component.problems_field: Exists(_problems_table(component).filter(trackercertification=OuterRef("pk"))),
    }


# The fields of an export, in this order, each with the column that it is read from.
FIELDS: dict[str, Any] = {
    "id": "id",
    "run_number": "runreconstruction__run_id",
    "reconstruction": "runreconstruction__reconstruction",
    "run_type": "run_type",
    "dataset": "dataset__name",
    "is_dataset_verified": "is_dataset_verified",
    "reference_run_number": "reference_runreconstruction__run_id",
    "reference_reconstruction": "reference_runreconstruction__reconstruction",
    "is_reference": "runreconstruction__is_reference",
    "fill_number": "runreconstruction__run__fill_number",
    "run_start_time_utc": "runreconstruction__run__start_time",
    "lumisections": "lumisections",
    "recorded_lumi_per_pb": "recorded_lumi",
    **{name: column for component in Component for name, column in _component_fields(component).items()},
    "verdict": "verdict_word",
    "lumisections_out": _text("ranges_facts"),
    "lumi_out_per_pb": Value(0.0, FloatField()),
    "like_express": "like_express",
    "trackermap": "trackermap",
    "bad_reason": "bad_reason__name",
    "comment": "comment",
    "date": "date",
    "user": "user__username",
    "external_info_complete": "external_info_complete",
    "lumisections_seen": "lumisections_seen",
    "confirmed": _text("confirmed"),
    "is_stale": ExpressionWrapper(Q(stale_since__isnull=False), BooleanField()),
    "stale": _text("stale"),
    "stale_since_utc": "stale_since",
    "is_practice": "is_practice",
    "state": "state",
    "withdrawn_by": "withdrawn_by__username",
    "withdrawn_at_utc": "withdrawn_at",
    "withdrawn_reason": "withdrawn_reason",
    "version": "version",
    "created_at_utc": "created_at",
    "updated_at_utc": "updated_at",
    "updated_by": "updated_by__username",
    "change_reason": "change_reason",
}
# The columns of historical rows that differ (`certify.as_of`).
_HISTORICAL: dict[str, Any] = {
    **{component.problems_field: Value(True, BooleanField()) for component in Component},
    "lumisections_seen": ExpressionWrapper(Q(lumisections_seen=True) | Q(lumisections_read=True), BooleanField()),
    "stale": Value(_EMPTY, TextField()),
}
_POSITIONS = {name: position for position, name in enumerate(FIELDS)}
_OUT, _LUMI_OUT, _STALE = (_POSITIONS[name] for name in ("lumisections_out", "lumi_out_per_pb", "stale"))
_LISTS = [_POSITIONS[name] for name in (*RANGES_FIELDS, "confirmed", "stale")]
_RANGES = [_POSITIONS[name] for name in RANGES_FIELDS]
_PROBLEMS = {_POSITIONS[component.problems_field]: component for component in Component}


def exported_rows(rows: Rows) -> Iterator[Values]:
    """Yield the values of each certification, in the order of the rows: all keys first, then 500 rows at a time.

    Chunks are queries of their own, since the database client reads the whole result of a query.
    """
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        yield from values_of(rows.filter(pk__in=keys[start : start + CHUNK]))


def values_of(rows: Rows, *more: Any) -> list[Values]:
    """Return the values of at most a chunk of certifications, in the order of the rows.

    `more`: columns whose values follow those of the fields.
    One query, and one for the problems of each component that has some.
    """
    columns = FIELDS if rows.model is TrackerCertification else FIELDS | _HISTORICAL
    return _with_values(rows, [list(row) for row in rows.values_list(*columns.values(), *more, "pk")])


def _with_values(rows: Rows, chunk: list[Values]) -> list[Values]:
    """Replace what is not the value itself: lists as text, the marks of problems, what is out."""
    keys = [values.pop() for values in chunk]
    for values in chunk:
        for position in _LISTS:
            values[position] = [] if values[position] == _EMPTY else json.loads(values[position])
        values[_STALE] = values[_STALE] and format_changes(values[_STALE])
        _set_out(values)
    for position, component in _PROBLEMS.items():
        with_some = [key for key, values in zip(keys, chunk, strict=True) if values[position]]
        names = _problem_names(rows, component, with_some)
        for key, values in zip(keys, chunk, strict=True):
            values[position] = sorted(names.get(key, []))
    return chunk


def _set_out(values: Values) -> None:
    """Set what is out, with a sum in decimals of 1e-6 /pb, without the noise of adding floats."""
    facts, values[_OUT] = values[_OUT], 0
    if any(values[position] for position in _RANGES):
        columns = {name: values[_POSITIONS[name]] for name in (*FLAG_COLUMNS, "run_type", "lumisections")}
        out = lumisections_out(SimpleNamespace(**columns, ranges_facts=json.loads(facts)))
        lumi = out.whole_lumi
        values[_OUT], values[_LUMI_OUT] = out.count, None if lumi is None else round(lumi, 6)


def _problem_names(rows: Rows, component: Component, keys: list[int]) -> dict[int, list[str]]:
    """Return the names of the problems of these certifications by key: one query, none without keys."""
    if not keys:
        return {}
    if rows.model is not TrackerCertification:
        return rows.problem_names(component.problems_field)  # type: ignore[attr-defined]
    relation: Any = TrackerCertification._meta.get_field(component.problems_field)
    pairs = _problems_table(component).filter(trackercertification__in=keys)
    return _grouped(pairs.values_list("trackercertification_id", f"{relation.m2m_reverse_field_name()}__name"))


def _grouped(pairs: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = {}
    for key, name in pairs:
        grouped.setdefault(key, []).append(name)
    return grouped
