"""A filter's choices as the page draws them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField

from certify.options import Option
from certify.vocabulary import Vocabulary


@dataclass(frozen=True)
class Choice:
    """A field with its options."""

    field: BoundField
    options: list[Option]
    is_multiple: bool


def choice_of(field: BoundField, vocabulary: Vocabulary) -> Choice:
    """The field's options: words from what every page remembers of them, people from the database."""
    given = field.value()
    is_multiple = isinstance(given, list) or field.name.endswith("_problems")
    chosen = set(given) if isinstance(given, list) else {given or ""}
    options = [Option(str(value), str(label), str(value) in chosen) for value, label in _pairs(field, vocabulary)]
    return Choice(field, options, is_multiple)


def _pairs(field: BoundField, vocabulary: Vocabulary) -> Iterable[tuple[Any, Any]]:
    inner: Any = field.field
    words = vocabulary.words.get(field.name)
    if words is None:
        return inner.choices
    nothing = [("", inner.empty_label)] if getattr(inner, "empty_label", None) else []
    return nothing + [(word.pk, word.path) for word in words]
