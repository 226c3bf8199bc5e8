"""Questions to the database about words: the tree of each kind, and the last runs that had a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from certify.models import TrackerCertification, VocabularyTerm
from certify.vocabulary.cache import vocabulary
from certify.vocabulary.kinds import TERM_KINDS, TermKind
from certify.vocabulary.tree import TermNode
from infrastructure.markdown import render_markdown

MAX_LAST_RUNS = 5
MAX_TERMS_SHOWN = 20  # words that one fragment tells about; nobody chooses more


@dataclass(frozen=True)
class TermDetails:
    """A word with its place, its texts as HTML, and in how many live certifications it or one below it is."""

    term: TermNode
    description: SafeString
    what_to_do: SafeString
    use_count: int


@dataclass(frozen=True)
class TermGroup:
    """All words of one kind: those that are offered in their order, and those that are retired."""

    kind: TermKind
    offered: list[TermDetails]
    retired: list[TermDetails]


@dataclass(frozen=True)
class TermHelp:
    """What the form tells of a chosen word: its texts, and the last runs that had it."""

    kind: TermKind
    term: TermNode
    description: SafeString
    what_to_do: SafeString
    last_certifications: list[TrackerCertification]


@lru_cache(maxsize=512)
def as_html(text: str) -> SafeString:
    """Limited Markdown, rendered once for each text."""
    return render_markdown(text) if text else SafeString("")


def term_groups() -> list[TermGroup]:
    """All words, a query for each kind and one for how often they are used."""
    known = vocabulary()
    return [_term_group(kind, known.terms[kind.field]) for kind in TERM_KINDS]


def _term_group(kind: TermKind, terms: list[TermNode]) -> TermGroup:
    rows = kind.model._default_manager.in_bulk()
    used = _use_counts(kind, terms)
    shown = [
        TermDetails(word, as_html(row.description), as_html(row.what_to_do), used.get(word.pk, 0))
        for word in terms
        if (row := rows.get(word.pk))
    ]
    return TermGroup(
        kind, [one for one in shown if not one.term.is_retired], [one for one in shown if one.term.is_retired]
    )


def _use_counts(kind: TermKind, terms: list[TermNode]) -> dict[int, int]:
    """By key how many live certifications have the word or one below it, each counted once."""
    having = TrackerCertification.objects.live().filter(**{f"{kind.field}__isnull": False}).order_by()
    above = {word.pk: (*word.ancestors, word.pk) for word in terms}
    found: dict[int, set[int]] = {}
    for certification, pk in having.values_list("pk", kind.field):
        for key in above.get(pk, ()):
            found.setdefault(key, set()).add(certification)
    return {key: len(some) for key, some in found.items()}


def term_help(chosen: Mapping[str, Iterable[int]]) -> list[TermHelp]:
    """What there is to tell of these words, by field and key: two queries for each kind that is among them."""
    known = vocabulary()
    return [
        one
        for kind in TERM_KINDS
        if (keys := [*chosen.get(kind.field, ())][:MAX_TERMS_SHOWN])
        for one in _term_help(kind, {word.pk: word for word in known.terms[kind.field]}, keys)
    ]


def _term_help(kind: TermKind, places: dict[int, TermNode], keys: list[int]) -> list[TermHelp]:
    last = TrackerCertification.objects.live().select_related("runreconstruction", "user")
    newest = last.order_by("-runreconstruction__run_id", "-pk")[:MAX_LAST_RUNS]
    rows = kind.model._default_manager.filter(pk__in=keys).prefetch_related(
        Prefetch("certifications", queryset=newest, to_attr="last_certifications")
    )
    return [
        TermHelp(kind, place, as_html(row.description), as_html(row.what_to_do), _last_certifications(row))
        for row in rows
        if (place := places.get(row.pk))
    ]


def _last_certifications(row: VocabularyTerm) -> list[TrackerCertification]:
    return row.last_certifications  # type: ignore[attr-defined]
