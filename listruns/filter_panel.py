"""The panel of filters, and its drawing, which is kept: a fifth of the page, and mostly the same as before."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from django.forms import BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from certify.editor.widgets import Option
from certify.models import TrackerCertification
from certify.vocabulary.cache import Vocabulary
from listruns.filters import CertificationFilter
from listruns.query_string import ListChip


class ListFilterChoice(NamedTuple):
    """A field with its options."""

    field: BoundField
    options: tuple[Option, ...]
    is_multiple: bool


class Panel(NamedTuple):
    """All that the panel shows: the filters as the address says them, what stays of it besides, options by field."""

    sent: str
    kept: tuple[tuple[str, str], ...]
    scopes: tuple[ListChip, ...]
    active: tuple[ListChip, ...]
    options: tuple[tuple[str, tuple[Option, ...]], ...]

    @property
    def html(self) -> SafeString:
        """The panel with its form, errors and all, as it follows from what is sent."""
        return _drawn(self)


def options_of(filters: CertificationFilter, words: Vocabulary) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    """The options of each field that has some: words from what every page remembers, people from the database."""
    fields = [field for field in filters.form if hasattr(field.field, "choices")]
    return tuple((field.name, _options(field, words)) for field in fields)


def _options(field: BoundField, words: Vocabulary) -> tuple[Option, ...]:
    given = field.value()
    chosen = set(given) if isinstance(given, list) else {given or ""}
    return tuple(Option(str(value), str(label), str(value) in chosen) for value, label in _pairs(field, words))


def _pairs(field: BoundField, vocabulary: Vocabulary) -> Iterable[tuple[Any, Any]]:
    inner: Any = field.field
    words = vocabulary.terms.get(field.name)
    if words is None:
        return inner.choices
    nothing = [("", inner.empty_label)] if getattr(inner, "empty_label", None) else []
    return nothing + [(word.pk, word.path) for word in words]


@lru_cache(maxsize=128)
def _drawn(panel: Panel) -> SafeString:
    form = CertificationFilter(QueryDict(panel.sent), TrackerCertification.objects.none()).form
    choices = {name: _choice(form[name], options) for name, options in panel.options}
    return render_to_string("listruns/_filters.html", {"panel": panel, "form": form, "choices": choices})


def _choice(field: BoundField, options: tuple[Option, ...]) -> ListFilterChoice:
    return ListFilterChoice(field, options, isinstance(field.value(), list) or field.name.endswith("_problems"))
