"""The differences between two rules of policies, by clause, with what is unchanged folded. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from golden.choices import StaleRule
from golden.clause_rows import clause_text, clauses_of

if TYPE_CHECKING:
    from golden.policy_rules import PolicyRules

FOLDED, REMOVED, ADDED = "…", "−", "+"


@dataclass(frozen=True)
class DiffLine:
    """A line: the sign of what became of it, and its text."""

    sign: str
    text: str


@dataclass(frozen=True)
class RulesDiff:
    """The lines of the logic, and (label, before, after) of what else differs."""

    lines: tuple[DiffLine, ...]
    fields: tuple[tuple[str, str, str], ...]

    @property
    def is_logic_changed(self) -> bool:
        return any(line.sign != FOLDED for line in self.lines)


def rules_diff(before: PolicyRules | None, after: PolicyRules) -> RulesDiff:
    """Return what differs, all of `after` where there is nothing before."""
    lines = _logic_lines(_clauses(before.logic) if before else [], _clauses(after.logic))
    return RulesDiff(tuple(lines), tuple(_fields(before, after)) if before else ())


def _clauses(logic: Any) -> list[str]:
    clauses = clauses_of(logic)
    return [clause_text(clause) for clause in ([logic] if clauses is None else clauses)]


def _logic_lines(before: list[str], after: list[str]) -> list[DiffLine]:
    lines = []
    for tag, first, first_end, second, second_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            lines.append(DiffLine(FOLDED, f"{first_end - first} unchanged"))
            continue
        lines += [DiffLine(REMOVED, text) for text in before[first:first_end]]
        lines += [DiffLine(ADDED, text) for text in after[second:second_end]]
    return lines


def _fields(before: PolicyRules, after: PolicyRules) -> list[tuple[str, str, str]]:
    pairs = [
        ("Dataset pattern", before.dataset_pattern, after.dataset_pattern),
        ("Layout", before.layout, after.layout),
        ("Stale certifications", stale_label(before.stale), stale_label(after.stale)),
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]


def stale_label(rule: str) -> str:
    """Return what becomes of stale certifications, in words."""
    return StaleRule(rule).label if rule in StaleRule.values else rule
