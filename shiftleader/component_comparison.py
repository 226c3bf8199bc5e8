"""Compares one component of a certification with its flags in Run Registry. Pure functions, without I/O.

`registry/flags.py` defines how counts of lumisections are read as a flag, `certify/rules/registry_ranges.py` how single
lumisections are compared, and when they have to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import TextChoices

from certify.models.choices import Flag
from certify.models.components import Component, ComponentFlag
from certify.rules.registry_ranges import (
    GOOD,
    RangesComparison,
    compare_ranges,
    has_ranges,
    has_to_be_compared,
    shortened_ranges,
    status_within,
)
from registry.flags import MIXED, NOT_FLAGGED, ComponentStatus, FlaggedDataset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infrastructure.number_ranges import NumberRanges
    from registry.models import StoredFlagRanges
    from reports.rows import ReportRow


class ComparisonOutcome(TextChoices):
    """Outcome of a comparison, in the order of the page."""

    DIFFERENT = "different", "Different"
    NOT_COMPARED = "not-compared", "Not compared"
    ONLY_OURS = "only-ours", "Only here"
    ONLY_THEIRS = "only-theirs", "Only in Run Registry"
    MIXED = "mixed", "Mixed in Run Registry"
    NOT_FLAGGED = "not-flagged", "Not flagged in Run Registry"
    EQUAL = "equal", "Equal"

    @property
    def lower_label(self) -> str:
        """The label inside a sentence."""
        return str(self.label)[:1].lower() + str(self.label)[1:]


@dataclass(frozen=True)
class ComponentComparison:
    """One component: our flag and that of Run Registry; None if that side has none.

    `ranges`: the comparison lumisection by lumisection, where the counts do not suffice: ours has bad lumisections,
    `out`, or theirs has some after the last one of the run; without these is `theirs` once they are read.
    """

    component: Component
    ours: str | None
    has_low_statistics: bool
    theirs: ComponentStatus | None
    outcome: ComparisonOutcome
    out: NumberRanges = ()
    ranges: RangesComparison | None = None

    @property
    def is_different(self) -> bool:
        return self.outcome == ComparisonOutcome.DIFFERENT

    @property
    def out_text(self) -> str:
        """Our bad lumisections, such as "310-330 out", or empty."""
        return f"{shortened_ranges(self.out)} out" if self.out else ""

    @property
    def registry_text(self) -> str:
        """The flag in Run Registry, with the number of lumisections if it differs from ours, or which these are."""
        if self.theirs is None:
            return ""
        if self.ranges and self.theirs.status != NOT_FLAGGED:
            return f"{self.theirs}; {self.ranges.text}"
        if self.outcome in (ComparisonOutcome.DIFFERENT, ComparisonOutcome.ONLY_THEIRS) and self.theirs.status not in (
            MIXED,
            NOT_FLAGGED,
        ):
            return f"{self.theirs} on {self.theirs.lumisections} of {self.theirs.total} LS"
        return str(self.theirs)


def compare_component(
    component: Component,
    report_row: ReportRow | None,
    theirs: FlaggedDataset | None,
    stored: StoredFlagRanges | None,
    sent: Mapping[str, str] | None,
) -> ComponentComparison:
    """Compare one component; `report_row` or `theirs` is None if that side does not exist.

    `stored`: the flags of each lumisection, None if they have not been read. `sent`: {component: GOOD or BAD}, what
    bad with low statistics was sent as; None if the certification was not sent as it is now.
    """
    reading = theirs.component_status(component.value) if theirs else None
    if report_row is None:
        return ComponentComparison(component, None, False, reading, outcome_of(None, reading))
    flag, last = _flag_of(component, report_row, sent or {}), report_row.lumisections
    ranges = None
    if theirs and has_to_be_compared(flag, theirs.counts.get(component, {}), last):
        ranges = compare_ranges(flag, stored, last, is_sent=sent is not None)
        if stored and last and not ranges.problem and not has_ranges(flag):
            reading = status_within(component, stored, last)
    outcome = outcome_of(flag.flag, reading, ranges)
    ours = report_row.flags[component.value]
    return ComponentComparison(component, ours, flag.lowstat, reading, outcome, flag.ranges, ranges)


def _flag_of(component: Component, report_row: ReportRow, sent: Mapping[str, str]) -> ComponentFlag:
    """Return our flag as it is compared: bad with low statistics is good if it was sent as such."""
    ours, has_low = report_row.flags[component.value], component.value in report_row.low_statistics
    if has_low and ours == Flag.BAD and sent.get(component) == GOOD:
        return ComponentFlag(component, Flag.GOOD, has_low)
    return ComponentFlag(component, ours, has_low, report_row.ranges.get(component, ()))


def needs_lumisections(report_row: ReportRow, theirs: FlaggedDataset, sent: Mapping[str, str]) -> bool:
    """Whether the counts of a dataset do not suffice to compare it with a certification. `sent`: as in a comparison."""
    flags = (_flag_of(component, report_row, sent) for component in Component)
    return any(
        has_to_be_compared(flag, theirs.counts.get(flag.component, {}), report_row.lumisections) for flag in flags
    )


def outcome_of(
    ours: str | None, theirs: ComponentStatus | None, ranges: RangesComparison | None = None
) -> ComparisonOutcome:
    """Outcome of one component, by lumisection where there is such a comparison. Low statistics is not compared."""
    if ours is None or theirs is None:
        return ComparisonOutcome.ONLY_OURS if theirs is None else ComparisonOutcome.ONLY_THEIRS
    if theirs.status == NOT_FLAGGED:
        return ComparisonOutcome.NOT_FLAGGED
    if ranges is not None:
        return _outcome_by_lumisection(ranges)
    if theirs.status == MIXED:
        return ComparisonOutcome.MIXED
    return ComparisonOutcome.EQUAL if theirs.status == ours else ComparisonOutcome.DIFFERENT


def _outcome_by_lumisection(ranges: RangesComparison) -> ComparisonOutcome:
    if ranges.problem:
        return ComparisonOutcome.NOT_COMPARED
    if ranges.is_different:
        return ComparisonOutcome.DIFFERENT
    return ComparisonOutcome.NOT_FLAGGED if ranges.unflagged else ComparisonOutcome.EQUAL
