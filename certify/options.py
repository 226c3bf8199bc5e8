"""The choices of a form as plain values: a page has a hundred of them, and Django renders each as two templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, ModelChoiceField


@dataclass(frozen=True)
class Option:
    """One choice: what is sent, what is read, whether it is chosen."""

    value: str
    label: str
    is_chosen: bool


def options_of(bound: BoundField) -> list[Option]:
    """The choices of a field in their order, the chosen ones marked."""
    chosen = _chosen(bound.value())
    return [Option(str(value), str(label), str(value) in chosen) for value, label in _choices(bound)]


def _choices(bound: BoundField) -> list[tuple[Any, Any]]:
    field: Any = bound.field
    if isinstance(field, ModelChoiceField) and not getattr(field, "is_ranked", False):
        rows = list(field.queryset.values_list("pk", "name")) if field.queryset is not None else []
        return [("", "choose"), *rows] if field.empty_label is not None else rows
    return list(field.choices)


def _chosen(value: Any) -> set[str]:
    """What is chosen, as sent: a form of a row gives rows, one as sent gives texts."""
    several = value if isinstance(value, list | tuple) else [value]
    return {str(getattr(one, "pk", one)) for one in several if one is not None}
