"""Changes prepared for templates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.text import Truncator

from audit.choices import AuditChangeKind
from audit.diff_text import NO_VALUE
from audit.snapshot import audit_options, in_field_order

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from audit.models import Change
    from audit.tracked_model import TrackedModel

NOT_SHOWN = "not shown"
MAX_ROWS = 25  # shown on a page; exports contain all
MAX_FIELDS_UNFOLDED = 4  # of a change on a page; more are folded
HEADLINE_LENGTH, HEADLINE_VALUE_LENGTH = 240, 16  # characters
MAX_TEXT_LENGTH, CONTEXT_LENGTH = 300, 60  # characters: of a text, and of the part before its first difference


@dataclass(frozen=True)
class ChangeRowView:
    """A row of a change: label, name, event, and lines of (label, before, after)."""

    model: str
    row_label: str
    key: Any
    name: str
    event: str
    diff_lines: list[tuple[str, str, str]]

    @property
    def summary(self) -> str:
        """What happened to it as text, for files: Reference: 314811 → 315257; Comment: hole."""
        lines = (
            f"{label}: {after}" if was == NO_VALUE else f"{label}: {was} → {after}"
            for label, was, after in self.diff_lines
        )
        return "; ".join([*([self.event] if self.event else []), *lines])


@dataclass(frozen=True)
class ChangeView:
    """A change. `undone_by`: its undo. `may_undo`: whether it is not undone and the reader may undo it.

    `rows`: the first `MAX_ROWS` rows; `more_rows`: the number of the others.
    """

    change: Change
    rows: list[ChangeRowView]
    more_rows: int
    undone_by: list[Change]
    may_undo: bool

    @property
    def run_text(self) -> str:
        """The run, with the reconstruction if all its changed rows are of one: run 315322 prompt."""
        names = {row.name for row in self.rows if row.name.startswith(f"{self.change.run_number} ")}
        return f"run {names.pop() if len(names) == 1 else self.change.run_number}"

    @property
    def is_long(self) -> bool:
        """Whether its fields are folded into one line."""
        return sum(len(row.diff_lines) for row in self.rows) > MAX_FIELDS_UNFOLDED

    @property
    def headline(self) -> str:
        """The number of its fields and their values, as far as they fit: 13 fields: Comment hole, Reference 315257…."""
        lines = [line for row in self.rows for line in row.diff_lines]
        values = (f"{label} {_headline_value(before, after)}" for label, before, after in lines)
        return f"{len(lines)} fields: {Truncator(', '.join(values)).chars(HEADLINE_LENGTH)}"


def _headline_value(before: str, after: str) -> str:
    texts = [Truncator(text).chars(HEADLINE_VALUE_LENGTH) for text in (before, after)]
    return texts[1] if before == NO_VALUE else " → ".join(texts)


def present_changes(changes: Iterable[Change], reader: Any, loaded_row: TrackedModel | None = None) -> list[ChangeView]:
    """The changes for this reader: one query for each model with owners, except for a row that is given."""
    shown = list(changes)
    owned = {(loaded_row._meta.label_lower, loaded_row.pk): loaded_row} if loaded_row else {}
    owned |= _owned_rows(shown, owned)
    return [_change_view(change, reader, owned) for change in shown]


def present_rows(change: Change, reader: Any) -> list[ChangeRowView]:
    """The rows of a change for this reader."""
    return [_row_view(line, reader) for line in change.lines]


def _change_view(change: Change, reader: Any, owned: dict[tuple[str, Any], TrackedModel]) -> ChangeView:
    undone = list(change.undone_by.all())
    is_open = bool(change.lines) and change.kind != AuditChangeKind.INITIAL and not undone
    may_undo = is_open and all(_may_undo_line(line, change, reader, owned) for line in change.lines)
    shown = [_cut_to_differences(_row_view(line, reader)) for line in change.lines[:MAX_ROWS]]
    return ChangeView(change, shown, len(change.lines) - len(shown), undone, may_undo)


def _cut_to_differences(row: ChangeRowView) -> ChangeRowView:
    """Shorten long texts to begin shortly before their first difference, so that a page shows it."""
    return replace(row, diff_lines=[(label, *_from_difference(was, now)) for label, was, now in row.diff_lines])


def _from_difference(was: str, now: str) -> tuple[str, str]:
    pairs = zip(was, now, strict=False)
    same = next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(was), len(now)))
    start = same - CONTEXT_LENGTH
    if start <= 0 or max(len(was), len(now)) <= MAX_TEXT_LENGTH:
        return was, now
    return f"… {was[start:]}", f"… {now[start:]}"


def _owned_rows(changes: list[Change], known: Container[tuple[str, Any]]) -> dict[tuple[str, Any], TrackedModel]:
    """The rows whose owner is relevant for the permission to undo, by model and key, with few columns."""
    keys: dict[str, set[Any]] = {}
    for line in (line for change in changes for line in change.lines):
        if audit_options(apps.get_model(line["model"])).owner and (line["model"], line["key"]) not in known:
            keys.setdefault(line["model"], set()).add(line["key"])
    return {(name, row.pk): row for name, of_model in keys.items() for row in _rows_with_owner(name, of_model)}


def _rows_with_owner(name: str, keys: set[Any]) -> Iterable[TrackedModel]:
    model: Any = apps.get_model(name)
    decides = audit_options(model).permission_fields
    rows = model._base_manager.filter(pk__in=keys).only(audit_options(model).owner.removesuffix("_id"), *decides)
    joined = [name.rpartition("__")[0] for name in decides if "__" in name]
    return rows.select_related(*joined) if joined else rows


def _may_undo_line(
    line: dict[str, Any], change: Change, reader: Any, owned: dict[tuple[str, Any], TrackedModel]
) -> bool:
    """As `UndoPlan.is_allowed_to`, from the recorded change only; the undo checks it again."""
    model: Any = apps.get_model(line["model"])
    row = owned.get((line["model"], line["key"])) or model(pk=line["key"])
    return row.can_undo(reader, change, [] if line.get("made") else line["fields"])


def _row_view(line: dict[str, Any], reader: Any) -> ChangeRowView:
    is_made, is_new = line.get("made", False), line.get("made") or line.get("new")
    model: Any = apps.get_model(line["model"])
    private = () if model.can_read_restricted(reader, line["key"]) else audit_options(model).restricted
    diff_lines = [
        (label, NO_VALUE, NOT_SHOWN) if name in private else (label, before, after)
        for name in in_field_order(model, line["fields"])
        for label, before, after in line["fields"][name]["says"]
    ]
    event = "made" if is_made else "deleted" if line.get("gone") else ""
    # A new row has no values before, whatever the defaults of its columns are.
    shown = [(label, NO_VALUE if is_new else before, after) for label, before, after in diff_lines if before != after]
    row_label = audit_options(model).row_label or str(model._meta.verbose_name)
    return ChangeRowView(line["model"], row_label, line["key"], line["name"], event, shown)
