"""Reads the histograms of a run from DIALS and stores their sums, page after page, so that it can go on later.

Three requests at once. Each page is summed in its thread and stored before the next ones: of a run with thousands of
lumisections three pages are in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import timezone

from dials.client import fetch_datasets_of_run, fetch_elements, fetch_histograms, fetch_lumisection_numbers
from dials.datasets import matching_dataset
from dials.elements import ELEMENTS
from dials.models import HistogramReading, HistogramSummary
from dials.summing import RunSum
from infrastructure.http.errors import RemoteError
from infrastructure.http.parallel import run_parallel
from infrastructure.number_ranges import NumberRange, common_ranges, merged_ranges, ranges_without

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dials.wire_types import ElementInDials, RunInDataset
    from infrastructure.http.budget import Budget

PARALLEL_CALLS = 3


@dataclass
class _ElementReading:
    """An element that is being read: what is summed so far, and the ranges of lumisections that are left."""

    source: RunInDataset
    element: ElementInDials
    summary: HistogramSummary
    run_sum: RunSum
    left: list[NumberRange] = field(default_factory=list)

    def next_span(self) -> NumberRange:
        """Return the first lumisection that is left, and the last one before any that is read."""
        first, last = self.left[0]
        for following, end in self.left[1:]:
            if common_ranges([(last + 1, following - 1)], map(tuple, self.summary.read)):
                break
            last = end
        return first, last


@dataclass(frozen=True)
class _Page:
    """The sum of a page, and the range of lumisections that it covers."""

    run_sum: RunSum
    covered: NumberRange


def read_histograms(
    run_number: int, registry_name: str, budget: Budget, names: Collection[str] = ELEMENTS
) -> HistogramReading:
    """Read what is not stored yet of a run in the dataset that belongs to `registry_name`.

    One request if nothing has changed. Raises `RemoteError` for the first request that fails; what was read before is
    stored, and the next call goes on from there.
    """
    candidates = fetch_datasets_of_run(run_number, budget)
    source = matching_dataset(registry_name, candidates)
    reading = _reading_of(run_number, registry_name, source)
    if source is None:  # what was read before is used: DIALS takes no run back
        reading.checked_at = timezone.now()
        reading.save()
        return reading
    has_changed = _store_lumisections(reading, source, budget)
    if has_changed or not reading.is_complete or _has_other_elements(reading, names):
        _read_elements(reading, source, names, budget)
    reading.checked_at, reading.is_complete = timezone.now(), True
    reading.save()
    return reading


def _reading_of(run_number: int, registry_name: str, source: RunInDataset | None) -> HistogramReading:
    """Return the stored reading or a new one; without summaries if DIALS has the run in another dataset by now."""
    reading = HistogramReading.objects.filter(run_number=run_number, registry_name=registry_name).first()
    reading = reading or HistogramReading(run_number=run_number, registry_name=registry_name)
    if source and source.dataset_id != reading.dataset_id:
        _reset(reading)
        reading.dataset, reading.dataset_id = source.dataset, source.dataset_id
    return reading


def _reset(reading: HistogramReading) -> None:
    if reading.pk:
        reading.summaries.all().delete()
    reading.lumisections, reading.lumisection_count, reading.is_complete = [], 0, False
    reading.completeness, reading.missing = None, []


def _store_lumisections(reading: HistogramReading, source: RunInDataset, budget: Budget) -> bool:
    """Store which lumisections DIALS has, if their number has changed. Returns whether it has."""
    reading.completeness, reading.checked_at = source.completeness, timezone.now()
    if reading.pk and source.lumisection_count == reading.lumisection_count:
        return False
    ranges = ranges_of(fetch_lumisection_numbers(source, budget)) if source.lumisection_count else []
    if ranges_without([(first, last) for first, last in reading.lumisections], ranges):
        _reset(reading)  # DIALS has taken some back: the sums contain them
    reading.lumisections, reading.lumisection_count = ranges, source.lumisection_count
    reading.completeness, reading.is_complete = source.completeness, False
    reading.changed_at = timezone.now()
    reading.save()
    return True


def ranges_of(numbers: Iterable[int]) -> list[NumberRange]:
    """Return ascending numbers as ranges."""
    groups = groupby(enumerate(numbers), key=lambda item: item[1] - item[0])
    members = ([number for _, number in group] for _, group in groups)
    return [(group[0], group[-1]) for group in members]


def _has_other_elements(reading: HistogramReading, names: Collection[str]) -> bool:
    stored = {*reading.summaries.values_list("element", flat=True), *reading.missing}
    return not stored.issuperset(names)


def _read_elements(reading: HistogramReading, source: RunInDataset, names: Collection[str], budget: Budget) -> None:
    known = fetch_elements(budget)
    elements = [_started(reading, source, known[name]) for name in names if name in known]
    while pending := [element for element in elements if element.left][:PARALLEL_CALLS]:
        _read_round(pending, budget)
    read = {element.element.name for element in elements if element.run_sum.numbers}
    reading.missing = [name for name in names if name not in read]


def _started(reading: HistogramReading, source: RunInDataset, element: ElementInDials) -> _ElementReading:
    summary = reading.summaries.filter(element=element.name).first()
    if summary is None:
        summary, run_sum = HistogramSummary(reading=reading, element=element.name), RunSum()
    else:
        run_sum = summary.run_sum()
    summary.element_id = element.element_id
    left = ranges_without([(first, last) for first, last in reading.lumisections], map(tuple, summary.read))
    return _ElementReading(source, element, summary, run_sum, left)


def _read_round(pending: list[_ElementReading], budget: Budget) -> None:
    """Read and store a page of each element. Raises the first failure after the other pages are stored."""
    pages = run_parallel([partial(_page_or_error, element, budget) for element in pending], limit=PARALLEL_CALLS)
    failures = [page for page in pages if isinstance(page, RemoteError)]
    for element, page in zip(pending, pages, strict=True):
        if isinstance(page, _Page):
            _store_page(element, page)
    if failures:
        raise failures[0]


def _page_or_error(element: _ElementReading, budget: Budget) -> _Page | RemoteError:
    first, last = element.next_span()
    binning = element.run_sum.binning
    try:
        rows, has_more = fetch_histograms(
            element.source, element.element, (first, last), binning.bin_count if binning else None, budget
        )
        covered = first, rows[-1].lumisection if has_more else last
        run_sum = RunSum()
        run_sum.add(rows)
    except RemoteError as error:
        return error
    return _Page(run_sum, covered)


def _store_page(element: _ElementReading, page: _Page) -> None:
    element.run_sum.merge(page.run_sum)
    element.left = ranges_without(element.left, [page.covered])
    if element.run_sum.binning is None:
        return
    summary = element.summary
    summary.read = merged_ranges([*map(tuple, summary.read), page.covered])
    summary.set_run_sum(element.run_sum)
    summary.save()
