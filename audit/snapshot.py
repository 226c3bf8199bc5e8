"""Values of rows: read from an instance, converted to JSON, and restored."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models import Field, ManyToManyField, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.models import AuditOptions

Values = dict[str, Any]


def audit_options(model: type[models.Model] | models.Model) -> AuditOptions:
    """The options for the history of this model."""
    return model.audit_options  # type: ignore[union-attr]


def columns(model: type[models.Model] | models.Model) -> list[Field[Any, Any]]:
    """The columns with history."""
    return [field for field in model._meta.concrete_fields if field.name not in audit_options(model).exclude]


def many_to_many(model: type[models.Model] | models.Model) -> list[ManyToManyField[Any, Any]]:
    """The many-to-many fields with history."""
    return [field for field in model._meta.many_to_many if field.name not in audit_options(model).exclude]


@cache
def _field_positions(model: type[models.Model]) -> dict[str, tuple[bool, int]]:
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
    first, as_text = audit_options(model).shown_first, audit_options(model).formatters
    positions = {
        field.name: (isinstance(field, models.JSONField) and field.name not in as_text, position)
        for position, field in enumerate(fields)
    }
    return positions | {name: (False, position - len(first)) for position, name in enumerate(first)}


def in_field_order(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """Sort names of fields in the order of the model, as PostgreSQL sorts JSON keys by length.

    Those that the model shows first are first, JSON fields without a formatter last.
    """
    positions = _field_positions(model)
    return sorted(names, key=lambda name: (positions.get(name, (True, len(positions))), name))


@cache
def history_model(model: type[models.Model]) -> type[models.Model]:
    """The model of the historical rows. Cached, because the manager builds a new class for each access."""
    return model.history.model  # type: ignore[attr-defined]


def column_values(row: models.Model, or_else: Values) -> Values:
    """The column values by attribute name; for deferred columns the values of `or_else`."""
    missing = row.get_deferred_fields()
    names = [field.attname for field in columns(row)]
    return {name: or_else.get(name) if name in missing else getattr(row, name) for name in names}


def stored_values(row: models.Model) -> Values | None:
    """The stored column values of the row, or None if it is not stored."""
    names = [field.attname for field in columns(row)]
    return type(row)._base_manager.filter(pk=row.pk).values(*names).first()


def default_values(model: type[models.Model]) -> Values:
    """The default values of the columns."""
    return {field.attname: field.get_default() for field in columns(model)}


def all_related_keys(row: models.Model) -> dict[str, list[Any]]:
    """{name of many-to-many field: sorted keys} of the row: one query for all fields."""
    queries = [
        _related_key_query(row, field).annotate(field=Value(field.name)).values_list("field", "key")
        for field in many_to_many(row)
    ]
    keys_by_field: dict[str, list[Any]] = {field.name: [] for field in many_to_many(row)}
    for name, key in queries[0].union(*queries[1:], all=True) if queries else []:
        keys_by_field[name].append(key)
    return {name: sorted(keys) for name, keys in keys_by_field.items()}


def related_keys(row: models.Model, field: ManyToManyField[Any, Any]) -> list[Any]:
    """The sorted keys of the row in a many-to-many field."""
    return sorted(_related_key_query(row, field).values_list("key", flat=True))


def _related_key_query(row: models.Model, field: ManyToManyField[Any, Any]) -> models.QuerySet[Any]:
    through: Any = field.remote_field.through
    mine = {field.m2m_field_name(): row.pk}
    return through._base_manager.filter(**mine).order_by().annotate(key=models.F(field.m2m_reverse_field_name()))


def to_json_value(value: Any) -> Any:
    """Convert a value to JSON without loss; `from_json_value` reverses it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json_value(item) for item in value]
    return value.value if isinstance(value, models.Choices) else value


def from_json_value(field: Field[Any, Any], value: Any) -> Any:
    """Convert a value from JSON to the type of the field."""
    if value is None or isinstance(field, models.JSONField):
        return value
    return field.target_field.to_python(value) if isinstance(field, models.ForeignKey) else field.to_python(value)


def with_related(historical: models.Model, row: models.Model) -> models.Model:
    """Return the historical row with the related rows that are loaded with the row, so that none is read again."""
    for field in columns(row):
        related = row._state.fields_cache.get(field.name)
        if related is not None and related.pk == historical.__dict__[field.attname]:
            historical._state.fields_cache[field.name] = related
    return historical


def audited_values(model: type[models.Model] | models.Model, values: Values, many: dict[str, list[Any]]) -> Values:
    """The tracked values by field name, as JSON: without primary key and untracked fields, JSON keys as `name.part`."""
    options = audit_options(model)
    audited: Values = {}
    for field in columns(model):
        if field.primary_key or field.name in options.untracked:
            continue
        value = to_json_value(values[field.attname])
        if field.name in options.json_keys:
            audited |= {f"{field.name}.{part}": part_value for part, part_value in (value or {}).items()}
        else:
            audited[field.name] = value
    return audited | many


def restore_values(row: models.Model, values: Values) -> dict[str, Iterable[Any]]:
    """Set the values on the row. Returns those of many-to-many fields, which can be set after the row is saved."""
    many = {}
    for name, value in values.items():
        base, _, part = name.partition(".")
        field = row._meta.get_field(base)
        if isinstance(field, ManyToManyField):
            many[name] = value or []
        elif part:
            parts = {**getattr(row, base)}
            parts.pop(part, None)
            setattr(row, base, parts if value is None else {**parts, part: value})
        else:
            setattr(row, field.attname, from_json_value(field, value))  # type: ignore[union-attr, arg-type]
    return many
