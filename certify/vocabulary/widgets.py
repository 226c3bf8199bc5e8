"""The choices of a form as plain values: a page has a hundred, and Django's widgets render two templates for each."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BoundField

    from certify.vocabulary.cache import Vocabulary

INDENT = "\u2003"  # per level of a term, in a select, whose options cannot be indented with CSS


class Option(NamedTuple):
    """One choice. `level`: 1, or more for terms below another one."""

    value: str
    label: str
    is_chosen: bool
    level: int = 1


def options_html(options: Iterable[Option]) -> SafeString:
    """Render the options of a select. `format_html_join` takes five times as long for the list of references."""
    return SafeString("".join(map(_option_html, options)))


def _option_html(option: Option) -> str:
    selected = " selected" if option.is_chosen else ""
    label = INDENT * (option.level - 1) + escape(option.label)
    return f'<option value="{escape(option.value)}"{selected}>{label}</option>'


def boxes_html(options: Iterable[Option], name: str) -> SafeString:
    """Render the options as checkboxes, indented by their level."""
    checked = {True: mark_safe(" checked"), False: ""}
    rows = ((level, name, value, checked[is_chosen], label) for value, label, is_chosen, level in options)
    box = '<label class="problem is-level-{}"><input type="checkbox" name="{}" value="{}"{}><span>{}</span></label>'
    return format_html_join("", box, rows)


def field_options(bound: BoundField) -> list[Option]:
    """Return the choices of a field with a fixed list, in their order."""
    field: Any = bound.field
    return _marked_options(field.choices, _chosen_values(bound.value()))


def term_options(bound: BoundField, vocabulary: Vocabulary) -> list[Option]:
    """Return the terms that a field offers."""
    chosen = chosen_keys(bound)
    return [
        Option(term.key, term.label, term.key in chosen, term.level)
        for term in vocabulary.choices_for(bound.name, chosen)
    ]


def chosen_keys(bound: BoundField) -> set[str]:
    """Return the chosen keys of a field of terms, without impossible ones."""
    return {key for key in _chosen_values(bound.value()) if key.isdigit()}


def _marked_options(choices: Iterable[tuple[Any, Any]], chosen: set[str]) -> list[Option]:
    return [Option(str(value), str(label), str(value) in chosen) for value, label in choices]


def _chosen_values(value: Any) -> set[str]:
    """Return the chosen values as submitted: initial values are model instances, submitted ones are texts."""
    chosen = value if isinstance(value, list | tuple) else [value]
    return {str(getattr(choice, "pk", choice)) for choice in chosen if choice is not None}
