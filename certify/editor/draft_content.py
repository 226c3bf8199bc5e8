"""What the draft of a certify form says, and whether a certification has the same content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.text import Truncator

from certify.models import TrackerCertification
from certify.models.choices import Flag
from certify.models.components import PROBLEM_FIELDS, RANGES_FIELDS, Component
from drafts.content import DraftReader
from infrastructure.number_ranges import RangesInvalid, parse_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from drafts.content import DraftText

_MARKS = {Flag.GOOD: "✓", Flag.BAD: "✕", Flag.EXCLUDED: "⊘"}
MAX_SHOWN_RANGES = 40  # characters of the ranges of a component in a summary
_FACT_PREFIXES = ("run-", "fill-")


def summarize(draft: DraftText) -> str:
    """Return the flags as "P ✓ S ✓ 310-330 T –": a dash without a flag, bad lumisections after it.

    Those of a component that is bad or excluded are left out. A line breaks between components
    and between ranges only: the other spaces are no-break ones.
    """
    return " ".join(_mark(component, draft.typed) for component in Component)


def _mark(component: Component, typed: QueryDict) -> str:
    flag, ranges = typed.get(component.flag_field), typed.get(component.ranges_field, "").strip()
    mark = f"{component.declaration.initial}\u00a0{_MARKS.get(flag, '–')}"  # type: ignore[call-overload]
    has_ranges = ranges and flag not in (Flag.BAD, Flag.EXCLUDED)
    return f"{mark}\u00a0{Truncator(ranges).chars(MAX_SHOWN_RANGES)}" if has_ranges else mark


def find_saved(drafts: Iterable[DraftText]) -> set[str]:
    """Return the keys of the drafts that equal a live certification of their reconstruction.

    One query, and three for each certification of which only the problems are left to compare.
    """
    drafts = list(drafts)
    rows = TrackerCertification.everything.live().select_related("runreconstruction").defer("facts")
    runs = rows.filter(runreconstruction__run__in={draft.run_number for draft in drafts})
    saved = list(runs.filter(Q(is_practice=False) | Q(user__in={draft.user_id for draft in drafts})))
    return {draft.key for draft in drafts if any(_is_equal(draft, row) for row in saved)}


def _is_equal(draft: DraftText, saved: TrackerCertification) -> bool:
    """Whether they are equal. Practice is compared with one's own practice only, other drafts with what counts."""
    is_same_form = (draft.run_number, draft.reconstruction) == (saved.run_number, saved.reconstruction)
    is_visible = saved.is_practice == draft.in_training and (not saved.is_practice or saved.user_id == draft.user_id)
    if not is_same_form or not is_visible or any(has_typed_fact(draft.typed, name) for name in draft.typed):
        return False
    return _columns(draft.typed) == _saved_columns(saved) and all(
        set(draft.typed.getlist(name)) == {str(term.pk) for term in getattr(saved, name).all()}
        for name in PROBLEM_FIELDS
    )


def _columns(typed: QueryDict) -> dict[str, object]:
    """Return the typed columns as text; whether its statistics are low by component."""
    names = ("trackermap", "reference_runreconstruction", "bad_reason", "date")
    flags = {component.flag_field: typed.get(component.flag_field, "") for component in Component}
    low = {component.lowstat_field: component.lowstat_field in typed for component in Component}
    comment = typed.get("comment", "").replace("\r\n", "\n").strip()
    ranges = {name: _typed_ranges(typed.get(name, "")) for name in RANGES_FIELDS}
    return {**flags, **low, **ranges, **{name: typed.get(name, "") for name in names}, "comment": comment}


def _typed_ranges(text: str) -> object:
    """Return typed ranges as they are stored; the text itself if it cannot be read."""
    try:
        return [list(span) for span in parse_ranges(text)]
    except RangesInvalid:
        return text


def _saved_columns(saved: TrackerCertification) -> dict[str, object]:
    flags = {component.flag_field: getattr(saved, component.flag_field) for component in Component}
    low = {component.lowstat_field: getattr(saved, component.lowstat_field) for component in Component}
    return {
        **flags,
        **low,
        **{name: getattr(saved, name) for name in RANGES_FIELDS},
        "trackermap": saved.trackermap,
        "reference_runreconstruction": str(saved.reference_runreconstruction_id),
        "bad_reason": str(saved.bad_reason_id or ""),
        "date": saved.date.isoformat(),
        "comment": saved.comment.replace("\r\n", "\n").strip(),
    }


def has_typed_fact(sent: QueryDict, name: str) -> bool:
    """Whether the input of a fact differs from its initial value. Units are ignored."""
    if not name.startswith(_FACT_PREFIXES) or name.endswith("_unit"):
        return False
    return str(sent[name]).strip() != sent.get(f"shown-{name}", "").strip()


DRAFT_READER = DraftReader(summarize, find_saved)
