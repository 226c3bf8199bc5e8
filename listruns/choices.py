"""A filter's choices as the page draws them, read from the database once."""

from __future__ import annotations

from dataclasses import dataclass

from django.forms import BoundField


@dataclass(frozen=True)
class Option:
    """One choice: what the address carries, what people read, and whether it is set."""

    value: str
    label: str
    is_set: bool


@dataclass(frozen=True)
class Choice:
    """A field with its options."""

    field: BoundField
    options: list[Option]
    is_multiple: bool


def choice_of(field: BoundField) -> Choice:
    """The field's options; one query where they are rows."""
    given = field.value()
    is_multiple = isinstance(given, list) or field.name.endswith("_problems")
    chosen = set(given) if isinstance(given, list) else {given or ""}
    options = [Option(str(value), str(label), str(value) in chosen) for value, label in iter(field.field.choices)]  # type: ignore[attr-defined]
    return Choice(field, options, is_multiple)
