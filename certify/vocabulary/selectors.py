"""Queries for vocabulary terms: the tree of each type, and the last runs with a term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from certify.models import TrackerCertification, VocabularyTerm
from certify.vocabulary.cache import vocabulary
from certify.vocabulary.term_types import TERM_TYPES, TermType
from infrastructure.markdown import render_markdown
from infrastructure.web.rendered_cache import render_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from certify.vocabulary.tree import TermNode

MAX_LAST_RUNS = 5
MAX_TERMS_SHOWN = 20  # terms in one fragment; nobody chooses more


@dataclass(frozen=True)
class TermDetails:
    """A term with its texts as HTML, and the number of live certifications that use it or a descendant."""

    term: TermNode
    description: SafeString
    what_to_do: SafeString
    use_count: int


@dataclass(frozen=True)
class TermGroup:
    """All terms of one type, in tree order: those that are offered and those that are retired."""

    term_type: TermType
    offered: list[TermDetails]
    retired: list[TermDetails]


@dataclass(frozen=True)
class TermHelp:
    """Help on a chosen term: its texts and the last certifications with it."""

    term_type: TermType
    term: TermNode
    description: SafeString
    what_to_do: SafeString
    last_certifications: list[TrackerCertification]


@render_once(maxsize=512)
def as_html(text: str) -> SafeString:
    """Render limited Markdown, with a cache."""
    return render_markdown(text) if text else SafeString("")


def term_groups() -> list[TermGroup]:
    """Return all terms: two queries for each type."""
    current = vocabulary()
    return [_term_group(term_type, current.terms[term_type.field]) for term_type in TERM_TYPES]


def _term_group(term_type: TermType, terms: list[TermNode]) -> TermGroup:
    rows = term_type.model._default_manager.in_bulk()
    use_counts = _use_counts(term_type, terms)
    details = [
        TermDetails(term, as_html(row.description), as_html(row.what_to_do), use_counts.get(term.pk, 0))
        for term in terms
        if (row := rows.get(term.pk))
    ]
    return TermGroup(
        term_type,
        offered=[item for item in details if not item.term.is_retired],
        retired=[item for item in details if item.term.is_retired],
    )


def _use_counts(term_type: TermType, terms: list[TermNode]) -> dict[int, int]:
    """Return {primary key: number of live certifications with the term or a descendant}, each counted once."""
    uses = TrackerCertification.objects.live().filter(**{f"{term_type.field}__isnull": False}).order_by()
    path_keys = {term.pk: (*term.ancestors, term.pk) for term in terms}
    certifications_by_term: dict[int, set[int]] = {}
    for certification, pk in uses.values_list("pk", term_type.field):
        for key in path_keys.get(pk, ()):
            certifications_by_term.setdefault(key, set()).add(certification)
    return {key: len(certifications) for key, certifications in certifications_by_term.items()}


def term_help(chosen: Mapping[str, Iterable[int]]) -> list[TermHelp]:
    """Return help on the chosen terms, given as {form field: primary keys}: two queries for each type among them."""
    current = vocabulary()
    return [
        item
        for term_type in TERM_TYPES
        if (keys := [*chosen.get(term_type.field, ())][:MAX_TERMS_SHOWN])
        for item in _term_help(term_type, {term.pk: term for term in current.terms[term_type.field]}, keys)
    ]


def _term_help(term_type: TermType, nodes: dict[int, TermNode], keys: list[int]) -> list[TermHelp]:
    live = TrackerCertification.objects.live().select_related("runreconstruction", "user")
    newest = live.order_by("-runreconstruction__run_id", "-pk")[:MAX_LAST_RUNS]
    rows = term_type.model._default_manager.filter(pk__in=keys).prefetch_related(
        Prefetch("certifications", queryset=newest, to_attr="last_certifications")
    )
    return [
        TermHelp(term_type, node, as_html(row.description), as_html(row.what_to_do), _last_certifications(row))
        for row in rows
        if (node := nodes.get(row.pk))
    ]


def _last_certifications(row: VocabularyTerm) -> list[TrackerCertification]:
    certifications: list[TrackerCertification] = row.last_certifications  # type: ignore[attr-defined]
    return certifications
