"""The types of vocabulary terms, as named in URLs and on pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404

from certify.models.components import Component
from certify.vocabulary.cache import VOCABULARY_MODELS

if TYPE_CHECKING:
    from certify.models import VocabularyTerm


@dataclass(frozen=True)
class TermType:
    """A type of terms: name in URLs, form field, plural title and singular noun."""

    name: str
    field: str
    title: str
    noun: str

    @property
    def model(self) -> type[VocabularyTerm]:
        """Return the model of the terms."""
        return VOCABULARY_MODELS[self.field]


TERM_TYPES = (
    TermType("reason", "bad_reason", "Reasons", "reason"),
    *(
        TermType(component.value, component.problems_field, component.problems_label, "problem")
        for component in Component
    ),
)


def term_type_named(name: str) -> TermType:
    """Return the type with this name. Raises `Http404`."""
    term_type = next((term_type for term_type in TERM_TYPES if term_type.name == name), None)
    if term_type is None:
        names = ", ".join(term_type.name for term_type in TERM_TYPES)
        raise Http404(f"There is no vocabulary of the kind {name[:40]}: {names}.")
    return term_type
