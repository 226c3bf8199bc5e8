"""Flags of Run Registry by lumisection for the comparison: what is stored of them, and requests for what is not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.ranges.requests import FRESH_FOR, leave_requests
from registry.models import stored_flag_ranges
from shiftleader.comparison import dataset_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from registry.flags import FlaggedDataset
    from registry.models import StoredFlagRanges
    from reports.rows import ReportRow
    from shiftleader.comparison import ComparisonRow, DatasetKey

_NO_LUMISECTION = "EMPTY"


def stored_ranges_of(report_rows: Iterable[ReportRow]) -> dict[DatasetKey, StoredFlagRanges]:
    """Return what is stored of the runs with bad lumisections. One query, none if no run has any."""
    runs = {report_row.run_number for report_row in report_rows if report_row.ranges}
    return stored_flag_ranges(runs) if runs else {}


def request_ranges(rows: Iterable[ComparisonRow], stored: Mapping[DatasetKey, StoredFlagRanges]) -> tuple[int, int]:
    """Leave requests for what is not stored and for what has changed in Run Registry since. One query, or none.

    Returns the numbers of both.
    """
    rows = list(rows)
    unread = {row.unread for row in rows if row.unread}
    changed = {key for row in rows if (key := _changed_key(row, stored))}
    if unread or changed:
        leave_requests(unread | changed)
    return len(unread), len(changed)


def _changed_key(row: ComparisonRow, stored: Mapping[DatasetKey, StoredFlagRanges]) -> DatasetKey | None:
    """Return the key of a dataset whose counts are no longer those of its stored ranges."""
    components = [pair.component for pair in row.components if pair.ranges and not pair.ranges.problem]
    if row.theirs is None or not components:
        return None
    key = dataset_key(row.theirs)
    # Where both differ for good (Run Registry counts only lumisections that OMS has), they are not read on each page.
    is_old = stored[key].read_at < timezone.now() - FRESH_FOR
    return key if is_old and _has_other_counts(row.theirs, components, stored[key]) else None


def _has_other_counts(theirs: FlaggedDataset, components: Collection[str], stored: StoredFlagRanges) -> bool:
    for component in components:
        counts = Counter(theirs.counts.get(component, {}))
        for first, last, status in stored.ranges.get(component, ()):
            counts[status] -= last - first + 1
        if any(count for status, count in counts.items() if status != _NO_LUMISECTION):
            return True
    return False
