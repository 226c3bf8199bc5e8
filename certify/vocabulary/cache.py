"""Cache of the reasons, problems and checklists that forms offer. Every form reads them, and they change rarely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Model, Value
from django.db.models.signals import post_delete, post_save

from certify.models import BadReason, Checklist, VocabularyTerm
from certify.models.certification import problem_model
from certify.models.choices import ChecklistUse
from certify.models.components import Component
from certify.models.vocabulary import GENERAL_CHECKLIST, checkbox_name
from certify.vocabulary.tree import TermNode, TermRow, in_tree_order
from infrastructure.cache.remembered import cached, invalidate
from infrastructure.markdown import parse_outline

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOCABULARY_KEY, _CHECKLISTS_KEY = _CACHE_KEYS = ("certify.vocabulary.terms", "certify.vocabulary.form_checklists")
VOCABULARY_MODELS: dict[str, type[VocabularyTerm]] = {
    "bad_reason": BadReason,
    **{component.problems_field: problem_model(component) for component in Component},
}


@dataclass(frozen=True)
class TermChoice:
    """One choice of a field: its value, its label and its level.

    The label is the name, or the whole path if the parent is not among the choices.
    """

    key: str
    label: str
    level: int


@dataclass(frozen=True)
class Vocabulary:
    """All terms by form field, in tree order."""

    terms: dict[str, list[TermNode]]

    def choices_for(self, field: str, chosen: set[str]) -> list[TermChoice]:
        """Return the choices of the field: the terms that are not retired, and the `chosen` ones (primary keys)."""
        added_keys: set[int] = set()
        choices = []
        for term in self.terms[field]:
            if not term.is_retired or str(term.pk) in chosen:
                is_below = term.ancestors and added_keys.issuperset(term.ancestors)
                added_keys.add(term.pk)
                choices.append(
                    TermChoice(str(term.pk), term.name if is_below else term.path, term.level if is_below else 1)
                )
        return choices


@dataclass(frozen=True)
class FormChecklist:
    """A checklist for a form: its edition number, its text as HTML and its number of items."""

    identifier: str
    title: str
    edition: int
    html: str
    items: int

    @property
    def key(self) -> tuple[str, int]:
        """Return identifier and edition, which name the text that was shown."""
        return self.identifier, self.edition

    @property
    def is_general(self) -> bool:
        """Return whether it is the list that is gone through once a shift day."""
        return self.identifier == GENERAL_CHECKLIST

    @property
    def checkbox_name(self) -> str:
        """Return the name of its checkbox in the form."""
        return checkbox_name(self.identifier)


def vocabulary() -> Vocabulary:
    """Return the current vocabulary."""
    return cached(_VOCABULARY_KEY, _read_vocabulary)


def vocabulary_including(chosen: dict[str, set[str]]) -> Vocabulary:
    """Return the vocabulary, read from the database if a chosen term is not in the cache.

    `chosen` maps form fields to primary keys.
    """
    cached_vocabulary = vocabulary()
    has_all = all(keys <= {str(term.pk) for term in cached_vocabulary.terms[field]} for field, keys in chosen.items())
    return cached_vocabulary if has_all else _read_vocabulary()


def with_descendants(field: str, keys: Iterable[int]) -> set[int]:
    """Return the primary keys with those of all descendants."""
    chosen = set(keys)
    return chosen | {term.pk for term in vocabulary().terms[field] if not chosen.isdisjoint(term.ancestors)}


def form_checklists() -> list[FormChecklist]:
    """Return the checklists of a new certification, in their order."""
    return cached(_CHECKLISTS_KEY, _read_checklists)


def _read_checklists() -> list[FormChecklist]:
    """Return the checklists with rendered texts."""
    rows = Checklist.objects.filter(is_retired=False, used=ChecklistUse.CERTIFY).with_editions()
    return [
        FormChecklist(row.identifier, row.title, row.edition, row.html, parse_outline(row.text).items) for row in rows
    ]


def _read_vocabulary() -> Vocabulary:
    """Read all terms with one query."""
    parts = [
        model._default_manager.order_by().values_list(Value(field), "pk", "name", "is_retired", "parent")
        for field, model in VOCABULARY_MODELS.items()
    ]
    rows: dict[str, list[TermRow]] = {field: [] for field in VOCABULARY_MODELS}
    for field, *row in parts[0].union(*parts[1:], all=True):
        rows[field].append(TermRow(*row))
    return Vocabulary({field: in_tree_order(terms) for field, terms in rows.items()})


def _invalidate_cache(**_signal: Any) -> None:
    invalidate(*_CACHE_KEYS)


def connect_cache_invalidation() -> None:
    """Connect the signal receivers. Called once, by `AppConfig.ready()`."""
    models: list[type[Model]] = [*VOCABULARY_MODELS.values(), Checklist]
    for model in models:
        post_save.connect(_invalidate_cache, sender=model, dispatch_uid=f"vocabulary.saved.{model.__name__}")
        post_delete.connect(_invalidate_cache, sender=model, dispatch_uid=f"vocabulary.deleted.{model.__name__}")
