"""Compares the flag of a component with those in Run Registry, lumisection by lumisection. Pure functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from infrastructure.number_ranges import (
    NumberRange,
    NumberRanges,
    common_ranges,
    count_numbers,
    format_ranges,
    merged_ranges,
    ranges_without,
)
from registry.flags import NOT_FLAGGED, component_status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from certify.models.components import Component, ComponentFlag
    from registry.flags import ComponentStatus, Counts
    from registry.models import StoredFlagRanges

MAX_SHOWN = 6  # ranges in a sentence
GOOD, BAD, EXCLUDED = "GOOD", "BAD", "EXCLUDED"
_LEFT_BY_SYSTEM = frozenset({"STANDBY", EXCLUDED})  # what Run Registry sets by itself, and nobody overwrites


@dataclass(frozen=True)
class RangesComparison:
    """The lumisections of a component in which ours and Run Registry differ.

    `standby`: left STANDBY or EXCLUDED, which counts as equal. `unflagged`: Run Registry has no flag.
    `problem`: why nothing can be compared, without a full stop, or empty; `is_read`: the flags have been read.
    `after_last`: how many of the `total` lumisections in Run Registry are left out, since OMS does not have them.
    """

    differing: NumberRanges = ()
    standby: NumberRanges = ()
    unflagged: NumberRanges = ()
    problem: str = ""
    is_read: bool = True
    total: int = 0
    after_last: int = 0

    @property
    def is_different(self) -> bool:
        return bool(self.differing)

    @property
    def text(self) -> str:
        """The outcome, such as "differs in 310-330; left standby in 5-9", or why there is none."""
        return "; ".join(text for text in (self.differing_text, self.other_text) if text)

    @property
    def differing_text(self) -> str:
        """Return "differs in 310-330"; empty if nothing differs."""
        return f"differs in {shortened_ranges(self.differing)}" if self.differing and not self.problem else ""

    @property
    def other_text(self) -> str:
        """What is no difference, such as "not flagged in 3; left standby in 5-9"; empty if there is nothing else."""
        if self.problem:
            return self.problem
        unflagged = [f"not flagged in {shortened_ranges(self.unflagged)}"] if self.unflagged else []
        equal = [] if self.differing or self.unflagged else ["equal"]
        standby = [f"left standby in {shortened_ranges(self.standby)}"] if self.standby else []
        return "; ".join([*unflagged, *equal, *standby, *self._after_last_texts()])

    def _after_last_texts(self) -> list[str]:
        if not self.after_last:
            return []
        return [f"{self.total} LS there, {self.after_last} of them after the last lumisection of OMS"]


_NOT_READ = RangesComparison(problem="its lumisections are not read yet", is_read=False)


class _Part(NamedTuple):
    """Lumisections with one flag of ours: its status there, and the statuses of Run Registry that differ from it."""

    ranges: list[NumberRange]
    status: str
    differing: frozenset[str]


def has_to_be_compared(flag: ComponentFlag, counts: Counts, last: int | None) -> bool:
    """Whether counts of Run Registry do not suffice.

    Ours has bad lumisections; or all that differ from it can be after `last`, the last lumisection of the run.
    """
    theirs = component_status(counts)
    if theirs.status == NOT_FLAGGED or has_ranges(flag):
        return theirs.status != NOT_FLAGGED
    statuses = _differing_statuses(flag, [status for status, count in counts.items() if count])
    differing = sum(counts.get(status, 0) for status in statuses)
    return bool(last) and 0 < differing <= theirs.total - (last or 0)


def has_ranges(flag: ComponentFlag) -> bool:
    """Whether it is good with bad lumisections. Beside another flag, which is that of the whole run, they are void."""
    return flag.is_good and bool(flag.ranges)


def compare_ranges(
    flag: ComponentFlag, stored: StoredFlagRanges | None, last: int | None, *, is_sent: bool = False
) -> RangesComparison:
    """Compare the lumisections of a component with those stored of Run Registry.

    `last`: the last lumisection of the run; what Run Registry has after it is left out. None if unknown. `is_sent`:
    whether our flags were sent, which leaves STANDBY and EXCLUDED as they are beside bad lumisections, too.
    """
    if stored is None:
        return _NOT_READ
    if stored.damage:
        return RangesComparison(problem=stored.damage.removesuffix("."))
    theirs: dict[str, list[NumberRange]] = {}
    for first, end, status in stored.ranges.get(flag.component, ()):
        theirs.setdefault(status, []).append((first, end))
    whole = [(1, last)] if last else merged_ranges([*flag.ranges, *_joined(theirs, theirs)])
    if has_ranges(flag):
        return _compare(whole, _parts_of(flag, whole, is_sent), theirs)
    total = lumisections_of(flag.component, stored)
    within = [status for status, ranges in theirs.items() if common_ranges(whole, ranges)]
    found = _compare(whole, [_Part(whole, flag.flag.upper(), _differing_statuses(flag, within))], theirs)
    return replace(found, total=total, after_last=max(0, total - last) if last else 0)


def lumisections_of(component: Component, stored: StoredFlagRanges) -> int:
    """Return the last lumisection of a component that Run Registry has, 0 if it has none."""
    return max((end for _, end, _ in stored.ranges.get(component, ())), default=0)


def status_within(component: Component, stored: StoredFlagRanges, last: int) -> ComponentStatus:
    """Return the status of lumisections 1 to `last` in Run Registry, by the same rule as that of the counts."""
    counts: Counter[str] = Counter()
    for first, end, status in stored.ranges.get(component, ()):
        counts[status] += max(0, min(end, last) - first + 1)
    return component_status(counts)


def _parts_of(flag: ComponentFlag, whole: list[NumberRange], is_sent: bool) -> list[_Part]:
    return [
        _Part(ranges_without(whole, flag.ranges), GOOD, frozenset({BAD})),
        _Part(list(flag.ranges), BAD, frozenset({GOOD} if is_sent else {GOOD, *_LEFT_BY_SYSTEM})),
    ]


def _differing_statuses(flag: ComponentFlag, theirs: Collection[str]) -> frozenset[str]:
    """Return which statuses differ from the flag of a whole run: EXCLUDED only if nothing is GOOD or BAD."""
    is_judged = GOOD in theirs or BAD in theirs
    return frozenset({GOOD, BAD} if is_judged else {EXCLUDED}) - {flag.flag.upper()}


def _joined(theirs: dict[str, list[NumberRange]], statuses: Iterable[str]) -> list[NumberRange]:
    return [span for status in statuses for span in theirs.get(status, ())]


def _compare(whole: list[NumberRange], parts: list[_Part], theirs: dict[str, list[NumberRange]]) -> RangesComparison:
    differing = [span for part in parts for span in common_ranges(part.ranges, _joined(theirs, part.differing))]
    standby = [
        span
        for part in parts
        for span in common_ranges(part.ranges, _joined(theirs, _LEFT_BY_SYSTEM - part.differing - {part.status}))
    ]
    return RangesComparison(
        differing=tuple(merged_ranges(differing)),
        standby=tuple(merged_ranges(standby)),
        unflagged=tuple(ranges_without(whole, _joined(theirs, {GOOD, BAD, *_LEFT_BY_SYSTEM}))),
    )


def shortened_ranges(ranges: NumberRanges) -> str:
    """Format ranges as "310-330, 352"; of many the first, and the number of all lumisections."""
    if len(ranges) <= MAX_SHOWN:
        return format_ranges(ranges)
    return f"{format_ranges(ranges[:MAX_SHOWN])} and more, {count_numbers(ranges)} LS in all"
