"""The words that a form offers: reasons, problems, checklists. Read by every form, changed once a month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Value
from django.db.models.signals import post_delete, post_save

from certify.models import BadReason, Checklist, NamedText, PixelProblem, StripProblem, TrackingProblem
from certify.models.choices import ChecklistUse
from certify.models.vocabulary import box_of
from certify.vocabulary.tree import Row, Word, in_order
from infrastructure.cache.remembered import forget, kept
from infrastructure.markdown import outline_of

_WORDS, _CHECKLISTS = _KEYS = ("certify.words", "certify.checklists")
WORDS: dict[str, type[NamedText]] = {
    "bad_reason": BadReason,
    "pixel_problems": PixelProblem,
    "strip_problems": StripProblem,
    "tracking_problems": TrackingProblem,
}


@dataclass(frozen=True)
class Offered:
    """One choice of a field: what is sent, its name with what it stands below where that is not seen, its level."""

    key: str
    label: str
    level: int


@dataclass(frozen=True)
class Vocabulary:
    """All words by form field, in their order."""

    words: dict[str, list[Word]]

    def offered(self, field: str, chosen: set[str]) -> list[Offered]:
        """What the field offers: what is not retired, and what is chosen."""
        seen: set[int] = set()
        found = []
        for word in self.words[field]:
            if not word.is_retired or str(word.pk) in chosen:
                is_below = word.above and seen.issuperset(word.above)
                seen.add(word.pk)
                found.append(Offered(str(word.pk), word.name if is_below else word.path, word.level if is_below else 1))
        return found


@dataclass(frozen=True)
class ToTick:
    """A checklist as a form shows it: its text as HTML, how many items it has, and which edition this is."""

    identifier: str
    title: str
    edition: int
    html: str
    items: int

    @property
    def box(self) -> str:
        """Name of its box in the form."""
        return box_of(self.identifier)


def vocabulary() -> Vocabulary:
    """The words as they are now."""
    return kept(_WORDS, _read_words)


def vocabulary_with(chosen: dict[str, set[str]]) -> Vocabulary:
    """The words as they are now, read anew where one that is chosen is not among those remembered."""
    known = vocabulary()
    has_all = all(keys <= {str(word.pk) for word in known.words[field]} for field, keys in chosen.items())
    return known if has_all else _read_words()


def with_those_below(field: str, keys: Iterable[int]) -> set[int]:
    """The keys and those of all words below them: whoever looks for one looks for these, too."""
    chosen = set(keys)
    return chosen | {word.pk for word in vocabulary().words[field] if not chosen.isdisjoint(word.above)}


def checklists_to_tick() -> list[ToTick]:
    """The checklists that a new certification needs, in their order."""
    return kept(_CHECKLISTS, _read_checklists)


def _read_checklists() -> list[ToTick]:
    """Each as it is now, rendered; its edition is how often it has been written."""
    rows = Checklist.objects.filter(is_retired=False, used=ChecklistUse.CERTIFY).with_editions()
    return [ToTick(one.identifier, one.title, one.edition, one.html, outline_of(one.text).items) for one in rows]


def _read_words() -> Vocabulary:
    """All of them in one query."""
    parts = [
        model._default_manager.order_by().values_list(Value(field), "pk", "name", "is_retired", "parent")
        for field, model in WORDS.items()
    ]
    rows: dict[str, list[Row]] = {field: [] for field in WORDS}
    for field, *row in parts[0].union(*parts[1:], all=True):
        rows[field].append(Row(*row))
    return Vocabulary({field: in_order(found) for field, found in rows.items()})


def _forget(**_signal: Any) -> None:
    forget(*_KEYS)


def forget_on_change() -> None:
    """Connect the signals; called once, when the app is ready."""
    models: list[type[Model]] = [*WORDS.values(), Checklist]
    for model in models:
        post_save.connect(_forget, sender=model, dispatch_uid=f"vocabulary.saved.{model.__name__}")
        post_delete.connect(_forget, sender=model, dispatch_uid=f"vocabulary.deleted.{model.__name__}")
