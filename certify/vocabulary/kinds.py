"""The four kinds of words, as addresses and pages name them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from certify.models import NamedText
from certify.models.choices import Component
from certify.vocabulary.cache import WORDS


@dataclass(frozen=True)
class WordKind:
    """One kind: its name in addresses, the form field that offers it, its title and what one of it is called."""

    name: str
    field: str
    title: str
    one: str

    @property
    def model(self) -> type[NamedText]:
        return WORDS[self.field]


KINDS = (
    WordKind("reason", "bad_reason", "Reasons", "reason"),
    *(
        WordKind(component.value, f"{component.value}_problems", f"{component.label} problems", "problem")
        for component in Component
    ),
)


def kind_named(name: str) -> WordKind:
    """Raises Http404."""
    found = next((kind for kind in KINDS if kind.name == name), None)
    if found is None:
        raise Http404(f"There are no words of the kind {name[:40]}: {', '.join(kind.name for kind in KINDS)}.")
    return found
