"""Changes as pages show them: prepared, so that templates decide nothing."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps

from audit.choices import Kind
from audit.diff_text import NOTHING
from audit.models import Change
from audit.snapshot import in_order, kept
from audit.tracked_model import Recorded

NOT_SHOWN = "not shown"
MOST_ROWS = 25  # of one change; files say all
LONGEST, LEAD = 300, 60  # characters: of a text on a page, and of it before what differs


@dataclass(frozen=True)
class ToldRow:
    """One row of a change: what it is, its name, what happened to it, and lines of (label, before, after)."""

    model: str
    what: str
    key: Any
    name: str
    happened: str
    says: list[tuple[str, str, str]]

    @property
    def in_one_line(self) -> str:
        """What happened to it as text, for files: Strip: good → bad; Comment: hole."""
        lines = (
            f"{label}: {after}" if was == NOTHING else f"{label}: {was} → {after}" for label, was, after in self.says
        )
        return "; ".join([*([self.happened] if self.happened else []), *lines])


@dataclass(frozen=True)
class Told:
    """One change. `undone`: the changes that undid it; `may_undo`: whether the reader may, and nobody has.

    Of a change of very many rows, `rows` are the first ones; `more` says how many there are besides.
    """

    change: Change
    rows: list[ToldRow]
    more: int
    undone: list[Change]
    may_undo: bool


def told(changes: Iterable[Change], reader: Any, at_hand: Recorded | None = None) -> list[Told]:
    """The changes as this person reads them: a query for each kind of row that somebody owns, but for one at hand."""
    shown = list(changes)
    owned = {(at_hand._meta.label_lower, at_hand.pk): at_hand} if at_hand else {}
    owned |= _owned_rows(shown, owned)
    return [_told(change, reader, owned) for change in shown]


def told_rows(change: Change, reader: Any) -> list[ToldRow]:
    """The rows of one change, as this person reads them."""
    return [_row(line, reader) for line in change.lines]


def _told(change: Change, reader: Any, owned: dict[tuple[str, Any], Recorded]) -> Told:
    undone = list(change.undone_by.all())
    is_open = bool(change.lines) and change.kind != Kind.FOUND and not undone
    may_undo = is_open and all(_may_put_back(line, change, reader, owned) for line in change.lines)
    shown = [_cut_to_differences(_row(line, reader)) for line in change.lines[:MOST_ROWS]]
    return Told(change, shown, len(change.lines) - len(shown), undone, may_undo)


def _cut_to_differences(row: ToldRow) -> ToldRow:
    """Long texts from shortly before their first difference: a page cuts them short, and would hide it."""
    return replace(row, says=[(label, *_from_difference(was, now)) for label, was, now in row.says])


def _from_difference(was: str, now: str) -> tuple[str, str]:
    pairs = zip(was, now, strict=False)
    same = next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(was), len(now)))
    start = same - LEAD
    if start <= 0 or max(len(was), len(now)) <= LONGEST:
        return was, now
    return f"… {was[start:]}", f"… {now[start:]}"


def _owned_rows(changes: list[Change], known: Container[tuple[str, Any]]) -> dict[tuple[str, Any], Recorded]:
    """The rows whose owner has a say in an undo, by model and key, with their owner alone."""
    keys: dict[str, set[Any]] = {}
    for line in (line for change in changes for line in change.lines):
        if kept(apps.get_model(line["model"])).owner and (line["model"], line["key"]) not in known:
            keys.setdefault(line["model"], set()).add(line["key"])
    return {(name, row.pk): row for name, of_model in keys.items() for row in _with_owner(name, of_model)}


def _with_owner(name: str, keys: set[Any]) -> Iterable[Recorded]:
    model: Any = apps.get_model(name)
    decides = kept(model).decides
    found = model._base_manager.filter(pk__in=keys).only(kept(model).owner.removesuffix("_id"), *decides)
    joined = [name.rpartition("__")[0] for name in decides if "__" in name]
    return found.select_related(*joined) if joined else found


def _may_put_back(line: dict[str, Any], change: Change, reader: Any, owned: dict[tuple[str, Any], Recorded]) -> bool:
    """As `Plan.is_allowed_to`, from what the change says; the undo itself asks again."""
    model: Any = apps.get_model(line["model"])
    row = owned.get((line["model"], line["key"])) or model(pk=line["key"])
    return row.may_be_put_back_by(reader, change, [] if line.get("made") else line["fields"])


def _row(line: dict[str, Any], reader: Any) -> ToldRow:
    is_made, is_new = line.get("made", False), line.get("made") or line.get("new")
    model: Any = apps.get_model(line["model"])
    private = () if model.may_be_read_whole_by(reader, line["key"]) else kept(model).private
    says = [
        (label, NOTHING, NOT_SHOWN) if name in private else (label, before, after)
        for name in in_order(model, line["fields"])
        for label, before, after in line["fields"][name]["says"]
    ]
    happened = "made" if is_made else "deleted" if line.get("gone") else ""
    # What is new was nothing before, whatever a column starts with.
    shown = [(label, NOTHING if is_new else before, after) for label, before, after in says if before != after]
    what = kept(model).what or str(model._meta.verbose_name)
    return ToldRow(line["model"], what, line["key"], line["name"], happened, shown)
