"""The canonical form of a stored row: the same bytes before and after it is stored, on SQLite and on PostgreSQL.

Times are UTC with microseconds, keys of JSON sorted. The numbers of JSON need care: PostgreSQL writes 1e22 out as an
integer and forgets the sign of -0.0. So whole numbers are integers there up to 2^53, and floats beyond.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_LARGEST_EXACT = 2**53


def canonical_row(model: type[models.Model], values: Mapping[str, Any], columns: Collection[str]) -> str:
    """Return the values of these columns, by attribute name, as one text. A lookup is a number or a text."""
    return _as_json({name: _named_value(model, name, values[name]) for name in columns})


def canonical_json(value: Any) -> str:
    """Return a JSON value as one text."""
    return _as_json(_json_value(value))


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _named_value(model: type[models.Model], name: str, value: Any) -> Any:
    return value if "__" in name else _column_value(model._meta.get_field(name), value)


def _column_value(field: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, models.JSONField):
        return _json_value(value)
    value = (field.target_field if isinstance(field, models.ForeignKey) else field).to_python(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, float):
        return value + 0.0  # SQLite does not store the sign of -0.0
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value


def _json_value(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):  # most values, so first
        return value
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if not isinstance(value, int | float):
        return value
    if abs(value) > _LARGEST_EXACT:
        return float(value)
    return int(value) if value == int(value) else value
