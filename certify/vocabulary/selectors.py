"""Questions to the database about words: the tree of each kind, and the last runs that had a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from certify.models import NamedText, TrackerCertification
from certify.vocabulary.cache import vocabulary
from certify.vocabulary.kinds import KINDS, WordKind
from certify.vocabulary.tree import Word
from infrastructure.markdown import html_of

LAST_RUNS = 5
MOST_SHOWN = 20  # words that one fragment tells about; nobody chooses more


@dataclass(frozen=True)
class ShownWord:
    """A word with its place, its texts as HTML, and in how many live certifications it or one below it is."""

    word: Word
    description: SafeString
    what_to_do: SafeString
    used: int


@dataclass(frozen=True)
class Branch:
    """All words of one kind: those that are offered in their order, and those that are retired."""

    kind: WordKind
    offered: list[ShownWord]
    retired: list[ShownWord]


@dataclass(frozen=True)
class AboutWord:
    """What the form tells of a chosen word: its texts, and the last runs that had it."""

    kind: WordKind
    word: Word
    description: SafeString
    what_to_do: SafeString
    last: list[TrackerCertification]


@lru_cache(maxsize=512)
def as_html(text: str) -> SafeString:
    """Limited Markdown, rendered once for each text."""
    return html_of(text) if text else SafeString("")


def branches() -> list[Branch]:
    """All words, a query for each kind and one for how often they are used."""
    known = vocabulary()
    return [_branch(kind, known.words[kind.field]) for kind in KINDS]


def _branch(kind: WordKind, words: list[Word]) -> Branch:
    rows = kind.model._default_manager.in_bulk()
    used = _times_used(kind, words)
    shown = [
        ShownWord(word, as_html(row.description), as_html(row.what_to_do), used.get(word.pk, 0))
        for word in words
        if (row := rows.get(word.pk))
    ]
    return Branch(
        kind, [one for one in shown if not one.word.is_retired], [one for one in shown if one.word.is_retired]
    )


def _times_used(kind: WordKind, words: list[Word]) -> dict[int, int]:
    """By key how many live certifications have the word or one below it, each counted once."""
    having = TrackerCertification.objects.live().filter(**{f"{kind.field}__isnull": False}).order_by()
    above = {word.pk: (*word.above, word.pk) for word in words}
    found: dict[int, set[int]] = {}
    for certification, pk in having.values_list("pk", kind.field):
        for key in above.get(pk, ()):
            found.setdefault(key, set()).add(certification)
    return {key: len(some) for key, some in found.items()}


def about(chosen: Mapping[str, Iterable[int]]) -> list[AboutWord]:
    """What there is to tell of these words, by field and key: two queries for each kind that is among them."""
    known = vocabulary()
    return [
        one
        for kind in KINDS
        if (keys := [*chosen.get(kind.field, ())][:MOST_SHOWN])
        for one in _about(kind, {word.pk: word for word in known.words[kind.field]}, keys)
    ]


def _about(kind: WordKind, places: dict[int, Word], keys: list[int]) -> list[AboutWord]:
    last = TrackerCertification.objects.live().select_related("runreconstruction", "user")
    newest = last.order_by("-runreconstruction__run_id", "-pk")[:LAST_RUNS]
    rows = kind.model._default_manager.filter(pk__in=keys).prefetch_related(
        Prefetch("certifications", queryset=newest, to_attr="last")
    )
    return [
        AboutWord(kind, place, as_html(row.description), as_html(row.what_to_do), _last(row))
        for row in rows
        if (place := places.get(row.pk))
    ]


def _last(row: NamedText) -> list[TrackerCertification]:
    return row.last  # type: ignore[attr-defined]
