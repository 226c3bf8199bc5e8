"""A change in words: label, before, after. Written when it happens, with the names that things had then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.dateparse import parse_datetime

from audit.snapshot import audit_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

NO_VALUE = "none"
MAX_JSON_LINES = 100  # more than any field that is stored has
MAX_TEXT_LENGTH = 2000
DiffLines = list[tuple[str, str, str]]


def field_diff(row: models.Model, name: str, was: Any, is_: Any) -> DiffLines:
    """The lines that show how a field changed; a part of a JSON field has no lines of its own."""
    if "." in name or audit_options(row).labels.get(name) == "":
        return []
    field: Any = row._meta.get_field(name)
    label = audit_options(row).labels.get(name, str(field.verbose_name))
    label = label[:1].upper() + label[1:]
    if isinstance(was or is_, dict):
        shown = [
            (f"{label}, {_path_label(path)}", before, after)
            for path, before, after in _json_diff(was or {}, is_ or {})
            if not _is_hidden(audit_options(row).labels, f"{name}.{path}")
        ]
        return shown[:MAX_JSON_LINES]
    return [(label, _value_text(row, field, was), _value_text(row, field, is_))]


def _is_hidden(labels: dict[str, str], path: str) -> bool:
    """Whether the part, or what it is a part of, has an empty label."""
    return any(label == "" and f"{path}.".startswith(f"{name}.") for name, label in labels.items())


def _path_label(path: str) -> str:
    return path.replace(".", " ").replace("_", " ")


def _json_diff(was: dict[str, Any], is_: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    before, after = dict(_flatten(was)), dict(_flatten(is_))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield path, _json_value_text(before.get(path)), _json_value_text(after.get(path))


def _flatten(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(item, dict):
            yield from _flatten(item, path)
        else:
            yield path, item


def _value_text(row: models.Model, field: Any, value: Any) -> str:
    if field.many_to_many:
        return _related_names(field.related_model, value)
    if value is not None and (formatter := audit_options(row).formatters.get(field.name)):
        return formatter(value)
    if isinstance(field, models.ForeignKey):
        return _related_name(row, field, value)
    if field.choices and value not in (None, ""):
        return str(dict(field.flatchoices).get(value, value)).lower()
    if isinstance(field, models.DateTimeField) and value:
        return _time_text(parse_datetime(value) if isinstance(value, str) else value)
    return _plain_text(value)


def _plain_text(value: Any) -> str:
    if value in (None, "", [], {}):
        return NO_VALUE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value))[:MAX_TEXT_LENGTH]


def _json_value_text(value: Any) -> str:
    """The text of a value from JSON, where times are ISO text."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    return _time_text(moment) if moment and moment.tzinfo else _plain_text(value)


def _time_text(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value else NO_VALUE


def _related_name(row: models.Model, field: Any, key: Any) -> str:
    """The name of the row that a foreign key points to; without a query if it is loaded already."""
    if key is None:
        return NO_VALUE
    cached = row._state.fields_cache.get(field.name)
    if cached is not None and cached.pk == key:
        return str(cached)
    related = field.related_model._base_manager.filter(pk=key).first()
    return str(related or key)


def _related_names(model: Any, keys: list[Any]) -> str:
    rows = model._base_manager.filter(pk__in=keys) if keys else []
    return ", ".join(sorted(str(row) for row in rows)) or NO_VALUE
