"""The logic of a policy as a form has it, twice: as rows and as JSON. Decides which of both counts. Pure.

`base` is the JSON in which both agreed last: the one that differs from it is what a person changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from golden.clause_rows import (
    ClauseRow,
    RowsInvalid,
    clause_text,
    filled_positions,
    is_same_logic,
    logic_of,
    logic_text,
    read_logic_text,
    rows_of,
)
from golden.policy_check import check_logic
from golden.policy_text import PolicyInvalid, PolicyIssue

if TYPE_CHECKING:
    from collections.abc import Callable

BOTH_CHANGED = (
    "The clauses and the JSON were both changed and differ. Choose which to use: Show as JSON takes the clauses."
)
EMPTY = "The policy has no clause. Add one, or choose the usual Tracker policy."
_CLAUSE_PATH = re.compile(r"\$\.and\[(\d{1,3})\]")


class LogicSide(Enum):
    """One of the two forms of the logic."""

    CLAUSES = "clauses"
    JSON = "json"


@dataclass(frozen=True)
class LogicEntry:
    """What was sent: `text` is the JSON, `base` the JSON in which both agreed last, None if it was not sent."""

    text: str = ""
    rows: tuple[ClauseRow, ...] = ()
    base: str | None = None


@dataclass(frozen=True)
class ResolvedLogic:
    """Both forms as they are shown next, and what is wrong. `logic` is None where it could not be read, or is empty.

    `row_issues`: {position of a row: sentences}. `issues` belong to the JSON, with their place in it. `is_read`: both
    forms agree.
    """

    entry: LogicEntry
    logic: Any = None
    issues: tuple[PolicyIssue, ...] = ()
    row_issues: dict[int, list[str]] = field(default_factory=dict)
    is_read: bool = True

    @property
    def is_valid(self) -> bool:
        """Whether it can be the logic of a policy."""
        return self.logic is not None and not self.issues and not self.row_issues


def entry_of(logic: Any) -> LogicEntry:
    """Return both forms of a logic, None for none."""
    return LogicEntry(logic_text(logic), rows_of(logic), "" if logic is None else clause_text(logic))


def resolve(entry: LogicEntry, side: LogicSide | None = None) -> ResolvedLogic:
    """Return the logic by one of both forms, by default the one that was changed, checked as a policy."""
    side = side or _changed_side(entry)
    if side is None:
        return ResolvedLogic(entry, issues=(PolicyIssue("$", BOTH_CHANGED),), is_read=False)
    try:
        logic = logic_of(entry.rows) if side == LogicSide.CLAUSES else read_logic_text(entry.text)
    except RowsInvalid as error:
        messages = {position: [message] for position, message in error.messages.items()}
        return ResolvedLogic(entry, row_issues=messages, is_read=False)
    except PolicyInvalid as error:
        return ResolvedLogic(entry, issues=tuple(error.issues), is_read=False)
    return _checked(_shown(entry, side, logic), logic)


def with_rows(entry: LogicEntry, change: Callable[[tuple[ClauseRow, ...]], tuple[ClauseRow, ...]]) -> ResolvedLogic:
    """Return both forms after a change of the rows. JSON that cannot be read stays as it is."""
    resolved = resolve(entry)
    if not resolved.is_read:
        return replace(resolved, entry=replace(entry, rows=change(entry.rows)), row_issues={})
    return resolve(replace(resolved.entry, rows=change(resolved.entry.rows)), LogicSide.CLAUSES)


def _shown(entry: LogicEntry, side: LogicSide, logic: Any) -> LogicEntry:
    """Return the entry with the other form renewed; what was typed stays as it is."""
    both = entry_of(logic)
    return replace(both, rows=entry.rows) if side == LogicSide.CLAUSES else replace(both, text=entry.text)


def _checked(entry: LogicEntry, logic: Any) -> ResolvedLogic:
    if logic is None:
        return ResolvedLogic(entry, issues=(PolicyIssue("$", EMPTY),))
    try:
        check_logic(logic)
    except PolicyInvalid as error:
        return ResolvedLogic(entry, logic, tuple(error.issues), _by_row(error.issues, entry.rows))
    return ResolvedLogic(entry, logic)


def _by_row(issues: list[PolicyIssue], rows: tuple[ClauseRow, ...]) -> dict[int, list[str]]:
    by_row: dict[int, list[str]] = {}
    positions = filled_positions(rows)
    for issue in issues:
        found = _CLAUSE_PATH.match(issue.path)
        if found and int(found[1]) < len(positions):
            by_row.setdefault(positions[int(found[1])], []).append(issue.message)
    return by_row


def _changed_side(entry: LogicEntry) -> LogicSide | None:
    """Return the form that was changed; the JSON where nothing differs; None where both were changed."""
    if entry.base is None:
        return LogicSide.CLAUSES if entry.rows and not entry.text.strip() else LogicSide.JSON
    base, text = _value(entry.base), _value(entry.text)
    try:
        rows: Any = logic_of(entry.rows)
    except RowsInvalid:
        rows = _UNREADABLE
    if _is_equal(rows, base) or _is_equal(rows, text):
        return LogicSide.JSON
    return LogicSide.CLAUSES if _is_equal(text, base) else None


_UNREADABLE = object()


def _value(text: str) -> Any:
    try:
        return read_logic_text(text)
    except PolicyInvalid:
        return _UNREADABLE


def _is_equal(first: Any, second: Any) -> bool:
    return _UNREADABLE not in (first, second) and is_same_logic(first, second)
