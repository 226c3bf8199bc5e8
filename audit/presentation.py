"""Changes as pages show them: prepared, so that templates decide nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.apps import apps

from audit.choices import AuditChangeKind
from audit.diff_text import NO_VALUE
from audit.snapshot import audit_options, in_field_order

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from audit.models import Change
    from audit.tracked_model import TrackedModel

NOT_SHOWN = "not shown"
MAX_ROWS = 25  # of one change; files say all
MAX_TEXT_LENGTH, CONTEXT_LENGTH = 300, 60  # characters: of a text on a page, and of it before what differs


@dataclass(frozen=True)
class ChangeRowView:
    """One row of a change: what it is, its name, what happened to it, and lines of (label, before, after)."""

    model: str
    row_label: str
    key: Any
    name: str
    event: str
    diff_lines: list[tuple[str, str, str]]

    @property
    def summary(self) -> str:
        """What happened to it as text, for files: Strip: good → bad; Comment: hole."""
        lines = (
            f"{label}: {after}" if was == NO_VALUE else f"{label}: {was} → {after}"
            for label, was, after in self.diff_lines
        )
        return "; ".join([*([self.event] if self.event else []), *lines])


@dataclass(frozen=True)
class ChangeView:
    """One change. `undone_by`: the changes that undid it; `may_undo`: whether the reader may, and nobody has.

    Of a change of very many rows, `rows` are the first ones; `more_rows` says how many there are besides.
    """

    change: Change
    rows: list[ChangeRowView]
    more_rows: int
    undone_by: list[Change]
    may_undo: bool


def present_changes(changes: Iterable[Change], reader: Any, loaded_row: TrackedModel | None = None) -> list[ChangeView]:
    """The changes as this person reads them: a query for each kind of row that somebody owns, but for one at hand."""
    shown = list(changes)
    owned = {(loaded_row._meta.label_lower, loaded_row.pk): loaded_row} if loaded_row else {}
    owned |= _owned_rows(shown, owned)
    return [_change_view(change, reader, owned) for change in shown]


def present_rows(change: Change, reader: Any) -> list[ChangeRowView]:
    """The rows of one change, as this person reads them."""
    return [_row_view(line, reader) for line in change.lines]


def _change_view(change: Change, reader: Any, owned: dict[tuple[str, Any], TrackedModel]) -> ChangeView:
    undone = list(change.undone_by.all())
    is_open = bool(change.lines) and change.kind != AuditChangeKind.INITIAL and not undone
    may_undo = is_open and all(_may_undo_line(line, change, reader, owned) for line in change.lines)
    shown = [_cut_to_differences(_row_view(line, reader)) for line in change.lines[:MAX_ROWS]]
    return ChangeView(change, shown, len(change.lines) - len(shown), undone, may_undo)


def _cut_to_differences(row: ChangeRowView) -> ChangeRowView:
    """Long texts from shortly before their first difference: a page cuts them short, and would hide it."""
    return replace(row, diff_lines=[(label, *_from_difference(was, now)) for label, was, now in row.diff_lines])


def _from_difference(was: str, now: str) -> tuple[str, str]:
    pairs = zip(was, now, strict=False)
    same = next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(was), len(now)))
    start = same - CONTEXT_LENGTH
    if start <= 0 or max(len(was), len(now)) <= MAX_TEXT_LENGTH:
        return was, now
    return f"… {was[start:]}", f"… {now[start:]}"


def _owned_rows(changes: list[Change], known: Container[tuple[str, Any]]) -> dict[tuple[str, Any], TrackedModel]:
    """The rows whose owner has a say in an undo, by model and key, with their owner alone."""
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
    """As `UndoPlan.is_allowed_to`, from what the change says; the undo itself asks again."""
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
    # What is new was nothing before, whatever a column starts with.
    shown = [(label, NO_VALUE if is_new else before, after) for label, before, after in diff_lines if before != after]
    row_label = audit_options(model).row_label or str(model._meta.verbose_name)
    return ChangeRowView(line["model"], row_label, line["key"], line["name"], event, shown)
