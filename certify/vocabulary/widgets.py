"""The choices of a form as plain values: a page has a hundred of them, and Django renders each as two templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BoundField

    from certify.vocabulary.cache import Vocabulary

INDENT = "\u2003"  # before a word that stands below another, in a list that cannot be moved in


class Option(NamedTuple):
    """One choice: what is sent, what is read, whether it is chosen; its level, 1 but for what stands below another."""

    value: str
    label: str
    is_chosen: bool
    level: int = 1


def options_html(options: Iterable[Option]) -> SafeString:
    """The options of a select."""
    selected = {True: mark_safe(" selected"), False: ""}
    rows = ((value, selected[is_chosen], INDENT * (level - 1), label) for value, label, is_chosen, level in options)
    return format_html_join("", '<option value="{}"{}>{}{}</option>', rows)


def boxes_html(options: Iterable[Option], name: str) -> SafeString:
    """The options as checkboxes, indented by their level."""
    checked = {True: mark_safe(" checked"), False: ""}
    rows = ((level, name, value, checked[is_chosen], label) for value, label, is_chosen, level in options)
    box = '<label class="problem is-level-{}"><input type="checkbox" name="{}" value="{}"{}><span>{}</span></label>'
    return format_html_join("", box, rows)


def field_options(bound: BoundField) -> list[Option]:
    """The choices of a field with a fixed list, in their order, the chosen one marked."""
    field: Any = bound.field
    return _marked_options(field.choices, _chosen_values(bound.value()))


def term_options(bound: BoundField, vocabulary: Vocabulary) -> list[Option]:
    """The words that a field offers, the chosen ones marked."""
    chosen = chosen_keys(bound)
    return [
        Option(one.key, one.label, one.key in chosen, one.level) for one in vocabulary.choices_for(bound.name, chosen)
    ]


def chosen_keys(bound: BoundField) -> set[str]:
    """The keys that are chosen in a field of words, as far as they can be keys."""
    return {key for key in _chosen_values(bound.value()) if key.isdigit()}


def _marked_options(choices: Iterable[tuple[Any, Any]], chosen: set[str]) -> list[Option]:
    return [Option(str(value), str(label), str(value) in chosen) for value, label in choices]


def _chosen_values(value: Any) -> set[str]:
    """What is chosen, as sent: a form of a row gives rows, one as sent gives texts."""
    several = value if isinstance(value, list | tuple) else [value]
    return {str(getattr(one, "pk", one)) for one in several if one is not None}
