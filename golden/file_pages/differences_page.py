"""The differences of two files, per run, with their luminosity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden.contexts import NO_LUMI
from golden.differences import file_differences
from golden.file_pages.amounts import lumi_text, lumi_words
from golden.layouts import read_runs
from golden.selectors import lumi_in_ranges
from infrastructure.number_ranges import count_numbers, format_ranges

if TYPE_CHECKING:
    from golden.contexts import RecordedLumi
    from golden.differences import RunDifference
    from golden.models import GoldenFile

MAX_ROWS = 500


@dataclass(frozen=True)
class DifferenceRow:
    """A run that differs: lumisections only in this and only in the other file, as text, with their luminosity."""

    run_number: int
    gained: str
    gained_lumi: str
    lost: str
    lost_lumi: str


@dataclass(frozen=True)
class DifferenceSum:
    """The sum of what only one of two files has."""

    runs: int
    lumisections: int
    lumi: str


@dataclass(frozen=True)
class DifferencesPage:
    """Two files. `gained`: what only `file` has, `lost`: what only `other` has. `rows`: at most `MAX_ROWS`."""

    file: GoldenFile
    other: GoldenFile
    rows: list[DifferenceRow]
    more: int
    gained: DifferenceSum
    lost: DifferenceSum


def differences_page(file: GoldenFile, other: GoldenFile) -> DifferencesPage:
    """Return the differences: at most four queries."""
    found = file_differences(read_runs(other.content), read_runs(file.content))
    gained = {each.run_number: each.gained for each in found if each.gained}
    lost = {each.run_number: each.lost for each in found if each.lost}
    gained_lumis, lost_lumis = lumi_in_ranges(file.as_of, gained), lumi_in_ranges(other.as_of, lost)
    rows = [_row(each, gained_lumis, lost_lumis) for each in found[:MAX_ROWS]]
    more = max(len(found) - MAX_ROWS, 0)
    return DifferencesPage(file, other, rows, more, _sum(gained, gained_lumis), _sum(lost, lost_lumis))


def differences_json(page: DifferencesPage) -> dict[str, Any]:
    """Return the ranges that only one of two files has, by run."""
    found = file_differences(read_runs(page.other.content), read_runs(page.file.content))
    return {
        "file": page.file.pk,
        "with": page.other.pk,
        "only_in_file": {each.run_number: each.gained for each in found if each.gained},
        "only_in_other": {each.run_number: each.lost for each in found if each.lost},
    }


def _row(
    found: RunDifference, gained_lumis: dict[int, RecordedLumi], lost_lumis: dict[int, RecordedLumi]
) -> DifferenceRow:
    run = found.run_number
    return DifferenceRow(
        run,
        format_ranges(found.gained),
        _known(gained_lumis, run, found.gained),
        format_ranges(found.lost),
        _known(lost_lumis, run, found.lost),
    )


def _known(lumis: dict[int, RecordedLumi], run: int, ranges: Any) -> str:
    return lumi_text(*lumis.get(run, NO_LUMI)) if ranges else ""


def _sum(ranges: dict[int, Any], lumis: dict[int, RecordedLumi]) -> DifferenceSum:
    total = NO_LUMI
    for lumi in lumis.values():
        total = total.plus(lumi)
    return DifferenceSum(len(ranges), sum(map(count_numbers, ranges.values())), lumi_words(*total))
