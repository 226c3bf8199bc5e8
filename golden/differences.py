"""The differences between two files, per run and lumisection. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infrastructure.number_ranges import NumberRanges, count_numbers, ranges_without

if TYPE_CHECKING:
    from golden.layouts import RunRanges


@dataclass(frozen=True)
class RunDifference:
    """The lumisections of a run that only the later (`gained`) or only the earlier file (`lost`) has."""

    run_number: int
    before: NumberRanges
    after: NumberRanges

    @property
    def gained(self) -> NumberRanges:
        return tuple(ranges_without(self.after, self.before))

    @property
    def lost(self) -> NumberRanges:
        return tuple(ranges_without(self.before, self.after))

    @property
    def balance(self) -> int:
        """The number of lumisections gained, less those lost."""
        return count_numbers(self.after) - count_numbers(self.before)


def file_differences(before: RunRanges, after: RunRanges) -> list[RunDifference]:
    """Return the runs that differ, by run number."""
    runs = sorted(before.keys() | after.keys())
    rows = (RunDifference(run, before.get(run, ()), after.get(run, ())) for run in runs)
    return [row for row in rows if row.before != row.after]
