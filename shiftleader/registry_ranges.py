"""What the comparison with Run Registry needs beside the counts: flags by lumisection, and what was sent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from certify.models import TrackerCertification
from certify.models.choices import Flag
from certify.models.components import FLAG_COLUMNS
from certify.ranges.requests import FRESH_FOR, leave_new_requests
from registry.models import stored_flag_ranges
from registry_sync.selectors import decided_when_sent
from shiftleader.comparison import dataset_key
from shiftleader.component_comparison import needs_lumisections

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from registry.flags import FlaggedDataset
    from registry.models import StoredFlagRanges
    from reports.rows import ReportRow
    from shiftleader.comparison import ComparisonRow, DatasetKey, SentCertifications

_NO_LUMISECTION = "EMPTY"


def sent_certifications(report_rows: Iterable[ReportRow]) -> SentCertifications:
    """Return which were sent as they are now, of those that compare otherwise then, and what low statistics went as.

    Three queries at most, none without such certifications or if sending is switched off.
    """
    wanted = [row.pk for row in report_rows if row.ranges or _has_bad_low_statistics(row)]
    if not wanted or settings.REGISTRY_SYNC == "off":
        return {}
    return decided_when_sent(TrackerCertification.objects.filter(pk__in=wanted).only("version", *FLAG_COLUMNS))


def _has_bad_low_statistics(row: ReportRow) -> bool:
    return any(row.flags[component] == Flag.BAD for component in row.low_statistics)


def stored_ranges_of(
    report_rows: Iterable[ReportRow], datasets: Iterable[FlaggedDataset], sent: SentCertifications
) -> dict[DatasetKey, StoredFlagRanges]:
    """Return what is stored of the runs whose counts do not suffice. One query, none if there is no such run."""
    rows: dict[int, list[ReportRow]] = {}
    for report_row in report_rows:
        rows.setdefault(report_row.run_number, []).append(report_row)
    runs = {
        dataset.run_number
        for dataset in datasets
        for report_row in rows.get(dataset.run_number, ())
        if report_row.group.reconstruction == dataset.dataset.reconstruction
        and needs_lumisections(report_row, dataset, sent.get(report_row.pk, {}))
    }
    return stored_flag_ranges(runs) if runs else {}


def request_ranges(rows: Iterable[ComparisonRow], stored: Mapping[DatasetKey, StoredFlagRanges]) -> tuple[int, int]:
    """Leave requests for what is not stored, for what has changed in Run Registry since, and for what was damaged.

    A query, two if a request is new, or none. Returns the numbers of the first two.
    """
    rows = list(rows)
    unread = {row.unread for row in rows if row.unread}
    old = [(key, row) for row in rows if row.theirs and _is_old(stored.get(key := dataset_key(row.theirs)))]
    changed = {key for key, row in old if _has_changed(row, stored[key])}
    damaged = {key for key, row in old if stored[key].damage and any(pair.ranges for pair in row.components)}
    leave_new_requests(unread | changed | damaged)
    return len(unread), len(changed)


def _is_old(stored: StoredFlagRanges | None) -> bool:
    """Whether the stored ranges may be read again. Where they differ for good, they are not read on each page."""
    return stored is not None and stored.read_at < timezone.now() - FRESH_FOR


def _has_changed(row: ComparisonRow, stored: StoredFlagRanges) -> bool:
    """Whether the counts of the compared components are no longer those of the stored ranges."""
    components = [pair.component for pair in row.components if pair.ranges and not pair.ranges.problem]
    return row.theirs is not None and _has_other_counts(row.theirs, components, stored)


def _has_other_counts(theirs: FlaggedDataset, components: Collection[str], stored: StoredFlagRanges) -> bool:
    for component in components:
        counts = Counter(theirs.counts.get(component, {}))
        for first, last, status in stored.ranges.get(component, ()):
            counts[status] -= last - first + 1
        if any(count for status, count in counts.items() if status != _NO_LUMISECTION):
            return True
    return False
