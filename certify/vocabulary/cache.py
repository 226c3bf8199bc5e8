"""The words that a form offers: reasons, problems, checklists. Read by every form, changed once a month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Value
from django.db.models.signals import post_delete, post_save

from certify.models import BadReason, Checklist, VocabularyTerm
from certify.models.certification import problem_model
from certify.models.choices import ChecklistUse
from certify.models.components import Component
from certify.models.vocabulary import checkbox_name
from certify.vocabulary.tree import TermNode, TermRow, in_tree_order
from infrastructure.cache.remembered import cached, invalidate
from infrastructure.markdown import parse_outline

_VOCABULARY_KEY, _CHECKLISTS_KEY = _CACHE_KEYS = ("certify.words", "certify.checklists")
VOCABULARY_MODELS: dict[str, type[VocabularyTerm]] = {
    "bad_reason": BadReason,
    **{component.problems_field: problem_model(component) for component in Component},
}


@dataclass(frozen=True)
class TermChoice:
    """One choice of a field: what is sent, its name with what it stands below where that is not seen, its level."""

    key: str
    label: str
    level: int


@dataclass(frozen=True)
class Vocabulary:
    """All words by form field, in their order."""

    terms: dict[str, list[TermNode]]

    def choices_for(self, field: str, chosen: set[str]) -> list[TermChoice]:
        """What the field offers: what is not retired, and what is chosen."""
        seen: set[int] = set()
        found = []
        for word in self.terms[field]:
            if not word.is_retired or str(word.pk) in chosen:
                is_below = word.ancestors and seen.issuperset(word.ancestors)
                seen.add(word.pk)
                found.append(
                    TermChoice(str(word.pk), word.name if is_below else word.path, word.level if is_below else 1)
                )
        return found


@dataclass(frozen=True)
class ChecklistToTick:
    """A checklist as a form shows it: its text as HTML, how many items it has, and which edition this is."""

    identifier: str
    title: str
    edition: int
    html: str
    items: int

    @property
    def checkbox_name(self) -> str:
        """Name of its box in the form."""
        return checkbox_name(self.identifier)


def vocabulary() -> Vocabulary:
    """The words as they are now."""
    return cached(_VOCABULARY_KEY, _read_vocabulary)


def vocabulary_including(chosen: dict[str, set[str]]) -> Vocabulary:
    """The words as they are now, read anew where one that is chosen is not among those remembered."""
    known = vocabulary()
    has_all = all(keys <= {str(word.pk) for word in known.terms[field]} for field, keys in chosen.items())
    return known if has_all else _read_vocabulary()


def with_descendants(field: str, keys: Iterable[int]) -> set[int]:
    """The keys and those of all words below them: whoever looks for one looks for these, too."""
    chosen = set(keys)
    return chosen | {word.pk for word in vocabulary().terms[field] if not chosen.isdisjoint(word.ancestors)}


def checklists_to_tick() -> list[ChecklistToTick]:
    """The checklists that a new certification needs, in their order."""
    return cached(_CHECKLISTS_KEY, _read_checklists)


def _read_checklists() -> list[ChecklistToTick]:
    """Each as it is now, rendered; its edition is how often it has been written."""
    rows = Checklist.objects.filter(is_retired=False, used=ChecklistUse.CERTIFY).with_editions()
    return [
        ChecklistToTick(one.identifier, one.title, one.edition, one.html, parse_outline(one.text).items) for one in rows
    ]


def _read_vocabulary() -> Vocabulary:
    """All of them in one query."""
    parts = [
        model._default_manager.order_by().values_list(Value(field), "pk", "name", "is_retired", "parent")
        for field, model in VOCABULARY_MODELS.items()
    ]
    rows: dict[str, list[TermRow]] = {field: [] for field in VOCABULARY_MODELS}
    for field, *row in parts[0].union(*parts[1:], all=True):
        rows[field].append(TermRow(*row))
    return Vocabulary({field: in_tree_order(found) for field, found in rows.items()})


def _invalidate_cache(**_signal: Any) -> None:
    invalidate(*_CACHE_KEYS)


def connect_cache_invalidation() -> None:
    """Connect the signals; called once, when the app is ready."""
    models: list[type[Model]] = [*VOCABULARY_MODELS.values(), Checklist]
    for model in models:
        post_save.connect(_invalidate_cache, sender=model, dispatch_uid=f"vocabulary.saved.{model.__name__}")
        post_delete.connect(_invalidate_cache, sender=model, dispatch_uid=f"vocabulary.deleted.{model.__name__}")
