"""Changes as pages show them: prepared, so that templates decide nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings

from history.choices import Kind
from history.models import Change
from history.rows import kept
from history.words import NOTHING


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
    """One change. `undone`: the changes that undid it."""

    change: Change
    rows: list[ToldRow]
    undone: list[Change]

    @property
    def is_of_an_account(self) -> bool:
        """Whether it changed an account or a role, which only admins undo."""
        return any(row.model == settings.AUTH_USER_MODEL.lower() for row in self.rows)

    @property
    def can_be_undone(self) -> bool:
        """Whether an undo is worth asking for."""
        return bool(self.rows) and self.change.kind != Kind.FOUND and not self.undone


def told(changes: Iterable[Change]) -> list[Told]:
    """The changes, each with all its rows."""
    return [Told(change, told_rows(change), _undone(change)) for change in changes]


def told_rows(change: Change) -> list[ToldRow]:
    """The rows of one change."""
    return [_row(line) for line in change.lines]


def _undone(change: Change) -> list[Change]:
    """Who undid it."""
    return list(change.undone_by.all())


def _row(line: dict[str, Any]) -> ToldRow:
    is_made, is_new = line.get("made", False), line.get("made") or line.get("new")
    says = [tuple(one) for field in line["fields"].values() for one in field["says"]]
    happened = "made" if is_made else "deleted" if line.get("gone") else ""
    # What is new was nothing before, whatever a column starts with.
    shown = [(label, NOTHING if is_new else before, after) for label, before, after in says if before != after]
    model = apps.get_model(line["model"])
    what = kept(model).what or str(model._meta.verbose_name)
    return ToldRow(line["model"], what, line["key"], line["name"], happened, shown)
