"""The kinds of vocabulary terms, as named in URLs and on pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404

from certify.models.components import Component
from certify.vocabulary.cache import VOCABULARY_MODELS

if TYPE_CHECKING:
    from certify.models import VocabularyTerm


@dataclass(frozen=True)
class TermKind:
    """A kind of terms: name in URLs, form field, plural title and singular noun."""

    name: str
    field: str
    title: str
    noun: str

    @property
    def model(self) -> type[VocabularyTerm]:
        """Return the model of the terms."""
        return VOCABULARY_MODELS[self.field]


TERM_KINDS = (
    TermKind("reason", "bad_reason", "Reasons", "reason"),
    *(
        TermKind(component.value, component.problems_field, component.problems_label, "problem")
        for component in Component
    ),
)


def term_kind_named(name: str) -> TermKind:
    """Return the kind with this name. Raises `Http404`."""
    kind = next((kind for kind in TERM_KINDS if kind.name == name), None)
    if kind is None:
        raise Http404(f"There is no vocabulary of the kind {name[:40]}: {', '.join(kind.name for kind in TERM_KINDS)}.")
    return kind
