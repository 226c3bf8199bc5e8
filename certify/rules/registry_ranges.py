"""Compares the bad lumisections of a good component with its flags in Run Registry. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infrastructure.number_ranges import (
    NumberRange,
    NumberRanges,
    common_ranges,
    count_numbers,
    format_ranges,
    merged_ranges,
    ranges_without,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certify.models.components import ComponentFlag
    from registry.models import StoredFlagRanges

MAX_SHOWN = 6  # ranges in a sentence
_LEFT_BY_SYSTEM = ("STANDBY", "EXCLUDED")  # what Run Registry sets by itself, and nobody overwrites


@dataclass(frozen=True)
class RangesComparison:
    """The lumisections of a component in which ours and Run Registry differ.

    `standby`: ours is good beside STANDBY or EXCLUDED, which counts as equal. `unflagged`: Run Registry has no flag.
    `problem`: why nothing can be compared, without a full stop, or empty; `is_read`: the flags have been read.
    """

    differing: NumberRanges = ()
    standby: NumberRanges = ()
    unflagged: NumberRanges = ()
    problem: str = ""
    is_read: bool = True

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
        return "; ".join([*unflagged, *equal, *standby])


_NOT_READ = RangesComparison(problem="its lumisections are not read yet", is_read=False)


def compare_ranges(flag: ComponentFlag, stored: StoredFlagRanges | None, last: int | None) -> RangesComparison:
    """Compare the lumisections of a good component with those stored of Run Registry.

    `last`: the last lumisection of the run; what Run Registry has after it is left out. None if unknown.
    """
    if stored is None:
        return _NOT_READ
    if stored.damage:
        return RangesComparison(problem=stored.damage.removesuffix("."))
    theirs: dict[str, list[NumberRange]] = {}
    for first, end, status in stored.ranges.get(flag.component, ()):
        theirs.setdefault(status, []).append((first, end))
    whole = [(1, last)] if last else merged_ranges([*flag.ranges, *_joined(theirs, theirs)])
    return _compare(whole, flag.ranges, theirs)


def _joined(theirs: dict[str, list[NumberRange]], statuses: Iterable[str]) -> list[NumberRange]:
    return [span for status in statuses for span in theirs.get(status, ())]


def _compare(whole: list[NumberRange], bad: NumberRanges, theirs: dict[str, list[NumberRange]]) -> RangesComparison:
    good = ranges_without(whole, bad)
    by_system = _joined(theirs, _LEFT_BY_SYSTEM)
    should_be_bad = common_ranges(bad, [*_joined(theirs, ["GOOD"]), *by_system])
    should_be_good = common_ranges(good, _joined(theirs, ["BAD"]))
    return RangesComparison(
        differing=tuple(merged_ranges([*should_be_bad, *should_be_good])),
        standby=tuple(common_ranges(good, by_system)),
        unflagged=tuple(ranges_without(whole, [*_joined(theirs, ["GOOD", "BAD"]), *by_system])),
    )


def shortened_ranges(ranges: NumberRanges) -> str:
    """Format ranges as "310-330, 352"; of many the first, and the number of all lumisections."""
    if len(ranges) <= MAX_SHOWN:
        return format_ranges(ranges)
    return f"{format_ranges(ranges[:MAX_SHOWN])} and more, {count_numbers(ranges)} LS in all"
