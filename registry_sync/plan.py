"""What has to be written to Run Registry so that a dataset has the flags of a certification. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from certify.models.choices import Flag
from infrastructure.number_ranges import format_ranges, ranges_without
from registry.flag_ranges import FlagRange, FlagTriplet
from registry.writes import MIN_COMMENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from certify.models.components import Component, ComponentFlag

GOOD, BAD, EXCLUDED = "GOOD", "BAD", "EXCLUDED"
NO_FLAG = FlagTriplet("EMPTY")
# What may be overwritten. Run Registry sets all others by itself or by rules that are not ours.
OVERWRITABLE = frozenset({GOOD, BAD, "NOTSET", "EMPTY", "NO VALUE FOUND"})
LOW_STATISTICS = "low statistics"
SIGNATURE = "[CH "  # begins what ends each of our comments


class PlanOutcome(Enum):
    """What is done with the lumisections of a row."""

    CHOOSE = "choose"
    WRITE = "planned"
    LEFT_ALONE = "left alone"
    EQUAL = "equal"


class PlanChoice(Enum):
    """What a shift leader decides about a row in which Run Registry was set by somebody else."""

    OURS = "ours"
    SKIP = "skip"


@dataclass(frozen=True)
class PlanRow:
    """Lumisections `first` to `last` of a component in which both flags and the outcome are the same.

    `theirs`: the flag in Run Registry; `ours`: our status there, GOOD, BAD or EXCLUDED, or empty while it has to be
    chosen. `reason`: why nothing is written, or what has to be chosen, without a full stop.
    """

    component: Component
    first: int
    last: int
    theirs: FlagTriplet
    ours: str
    outcome: PlanOutcome
    reason: str = ""

    @property
    def key(self) -> str:
        """What identifies the row in a form."""
        return f"{self.component}:{self.first}-{self.last}"

    @property
    def lumisections(self) -> str:
        return format_ranges([(self.first, self.last)])


@dataclass(frozen=True)
class PlannedEdit:
    """One range of one column that is written. `before`: the flags that it replaces, for undoing it."""

    component: Component
    first: int
    last: int
    triplet: FlagTriplet
    before: tuple[FlagRange, ...]


@dataclass(frozen=True)
class OurFlag:
    """The flag of a component, and the comment that goes with what is bad or excluded."""

    flag: ComponentFlag
    comment: str = ""
    lowstat_status: str = ""  # GOOD or BAD, as a shift leader decided for bad with low statistics

    def status_ranges(self, last: int) -> list[tuple[int, int, str]]:
        """Return (first, last, status) for lumisections 1 to `last`; the status is empty while it has to be chosen."""
        if self.flag.flag == Flag.EXCLUDED:
            return [(1, last, EXCLUDED)]
        if self.flag.flag == Flag.BAD:
            return [(1, last, self.lowstat_status if self.flag.lowstat else BAD)]
        bad = [(max(first, 1), min(end, last), BAD) for first, end in self.flag.ranges if first <= last and end >= 1]
        good = ranges_without([(1, last)], [(first, end) for first, end, _ in bad])
        return sorted([*bad, *((first, end, GOOD) for first, end in good)])

    def comment_for(self, status: str, signature: str) -> str:
        """Return the comment of the triplet: the reason where there is one, and the signature at its end."""
        low = LOW_STATISTICS if self.flag.lowstat else ""
        return f"{low if status == GOOD else self.comment} {signature}".strip()


def plan_rows(
    ours: Iterable[OurFlag],
    theirs: Mapping[str, Sequence[FlagRange]],
    last: int,
    choices: Mapping[str, PlanChoice] | None = None,
) -> list[PlanRow]:
    """Return the rows of lumisections 1 to `last`, in the order of components and lumisections.

    `theirs`: the flags in Run Registry by component; `choices`: what was decided, by the key of the row.
    """
    rows = [
        row for our_flag in ours for row in _component_rows(our_flag, theirs.get(our_flag.flag.component, ()), last)
    ]
    return [_chosen(row, (choices or {}).get(row.key)) for row in rows]


def _component_rows(our_flag: OurFlag, theirs: Sequence[FlagRange], last: int) -> list[PlanRow]:
    rows: list[PlanRow] = []
    for first, end, status, triplet in _overlaps(our_flag.status_ranges(last), _filled(theirs, last)):
        outcome, reason = _outcome(status, triplet, our_flag)
        row = PlanRow(our_flag.flag.component, first, end, triplet, status, outcome, reason)
        if rows and rows[-1] == replace(row, first=rows[-1].first, last=rows[-1].last):
            rows[-1] = replace(rows[-1], last=end)
        else:
            rows.append(row)
    return rows


def _filled(theirs: Sequence[FlagRange], last: int) -> list[FlagRange]:
    """Return the flags of lumisections 1 to `last`, those without a flag as EMPTY."""
    inside = [flag._replace(last=min(flag.last, last)) for flag in theirs if flag.first <= last]
    empty = ranges_without([(1, last)], [(flag.first, flag.last) for flag in inside])
    return sorted([*inside, *(FlagRange(first, end, NO_FLAG) for first, end in empty)])


def _overlaps(ours: list[tuple[int, int, str]], theirs: list[FlagRange]) -> Iterator[tuple[int, int, str, FlagTriplet]]:
    """Yield (first, last, our status, their flag), cut wherever one of them changes. Both cover the same numbers."""
    edges = sorted({first for first, *_ in ours} | {flag.first for flag in theirs} | {ours[-1][1] + 1} if ours else ())
    our_parts, their_parts = iter(ours), iter(theirs)
    our_part, their_part = next(our_parts, None), next(their_parts, None)
    for first, following in pairwise(edges):
        while our_part and our_part[1] < first:
            our_part = next(our_parts, None)
        while their_part and their_part.last < first:
            their_part = next(their_parts, None)
        if our_part and their_part:
            yield first, following - 1, our_part[2], their_part.triplet


def _outcome(status: str, theirs: FlagTriplet, our_flag: OurFlag) -> tuple[PlanOutcome, str]:
    """Return what is done where ours has this status and Run Registry that flag, and why."""
    if theirs.status == status:
        return PlanOutcome.EQUAL, ""
    if theirs.status not in OVERWRITABLE:
        return PlanOutcome.LEFT_ALONE, f"{theirs.status} is never overwritten"
    if not status:
        return PlanOutcome.CHOOSE, "bad with low statistics: good or bad there"
    if theirs.status == BAD and status != BAD and SIGNATURE not in theirs.comment:
        comment = f": “{theirs.comment}”" if theirs.comment else ""
        return PlanOutcome.CHOOSE, f"bad there, not from here{comment}"
    if status in (BAD, EXCLUDED):
        return PlanOutcome.WRITE, our_flag.comment
    return PlanOutcome.WRITE, LOW_STATISTICS if status == GOOD and our_flag.flag.lowstat else ""


def _chosen(row: PlanRow, choice: PlanChoice | None) -> PlanRow:
    """Return the row as decided. What has no status yet stays to be chosen."""
    if row.outcome != PlanOutcome.CHOOSE or choice is None or (choice == PlanChoice.OURS and not row.ours):
        return row
    if choice == PlanChoice.OURS:
        return replace(row, outcome=PlanOutcome.WRITE)
    return replace(row, outcome=PlanOutcome.LEFT_ALONE, reason="left as it is there, as chosen")


def planned_edits(rows: Iterable[PlanRow], ours: Collection[OurFlag], signature: str) -> list[PlannedEdit]:
    """Return the fewest edits that write the rows: neighbours of a component with the same new flag are one edit."""
    by_component = {our_flag.flag.component: our_flag for our_flag in ours}
    edits: list[PlannedEdit] = []
    for row in rows:
        if row.outcome != PlanOutcome.WRITE:
            continue
        comment = by_component[row.component].comment_for(row.ours, signature)
        before = FlagRange(row.first, row.last, row.theirs)
        edit = PlannedEdit(row.component, row.first, row.last, FlagTriplet(row.ours, comment), (before,))
        if edits and _is_continued_by(edits[-1], edit):
            edits[-1] = replace(edits[-1], last=edit.last, before=(*edits[-1].before, before))
        else:
            edits.append(edit)
    return edits


def _is_continued_by(edit: PlannedEdit, following: PlannedEdit) -> bool:
    same = (edit.component, edit.triplet) == (following.component, following.triplet)
    return same and edit.last + 1 == following.first


def undoing_edits(edits: Iterable[PlannedEdit]) -> list[PlannedEdit]:
    """Return the edits that write back what these replaced, the last first."""
    return [
        PlannedEdit(
            edit.component, old.first, old.last, _writable(old.triplet), (FlagRange(old.first, old.last, edit.triplet),)
        )
        for edit in reversed(list(edits))
        for old in edit.before
    ]


def _writable(triplet: FlagTriplet) -> FlagTriplet:
    """Return the flag as Run Registry accepts it: it has bad ones without a comment, and refuses to be sent one."""
    is_short = triplet.status == BAD and len(triplet.comment) < MIN_COMMENT
    return triplet._replace(comment=f"{triplet.comment} (as before)".strip()) if is_short else triplet
