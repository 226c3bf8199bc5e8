"""Compares certifications with the flags in Run Registry, in both directions. Pure functions, without I/O.

`shiftleader/component_comparison.py` compares one component.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from certify.editor.worklist import search_order
from certify.models.choices import Reconstruction
from certify.models.components import Component
from oms.choices import RunType
from oms.parsing import derive_run_type
from registry.parsing import ONLINE, run_type_in
from shiftleader.component_comparison import ComparisonOutcome, ComponentComparison, compare_component

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from registry.flags import FlaggedDataset
    from registry.models import StoredFlagRanges
    from reports.rows import ReportRow

ReconstructionKey = tuple[int, str]
DatasetKey = tuple[int, str]  # run number, name of the dataset in Run Registry
# Which certifications were sent as they are now, and what bad with low statistics was sent as:
# {primary key of a certification: {component: GOOD or BAD}}
SentCertifications = Mapping[int, Mapping[str, str]]


# The outcome of a row is the first of these that one of its components has.
_OUTCOME_PRIORITY = (
    ComparisonOutcome.DIFFERENT,
    ComparisonOutcome.NOT_COMPARED,
    ComparisonOutcome.MIXED,
    ComparisonOutcome.NOT_FLAGGED,
    ComparisonOutcome.EQUAL,
)


@dataclass(frozen=True)
class ComparisonRow:
    """A reconstruction of a run that exists on at least one side."""

    run_number: int
    reconstruction: str
    ours: ReportRow | None
    theirs: FlaggedDataset | None
    components: tuple[ComponentComparison, ...]

    @property
    def leaves_standby(self) -> bool:
        """Whether Run Registry has left lumisections STANDBY or EXCLUDED that count as equal."""
        return any(pair.ranges and pair.ranges.standby for pair in self.components)

    @property
    def unread(self) -> DatasetKey | None:
        """The dataset whose lumisections have to be read before this row can be compared, or None."""
        is_unread = any(pair.ranges and not pair.ranges.is_read for pair in self.components)
        return dataset_key(self.theirs) if self.theirs and is_unread else None

    @cached_property
    def outcome(self) -> ComparisonOutcome:
        if self.ours is None or self.theirs is None:
            return ComparisonOutcome.ONLY_OURS if self.theirs is None else ComparisonOutcome.ONLY_THEIRS
        outcomes = {pair.outcome for pair in self.components}
        return next(outcome for outcome in _OUTCOME_PRIORITY if outcome in outcomes)

    @property
    def registry_run_type(self) -> str:
        return run_type_in_registry(self.theirs) if self.theirs else ""

    @property
    def has_other_run_type(self) -> bool:
        """Both sides have a run type and these differ. It does not affect the outcome."""
        known = {self.ours.group.run_type, self.registry_run_type} if self.ours and self.theirs else set()
        return len(known - {RunType.UNKNOWN.value}) == 2


@dataclass(frozen=True)
class RegistryComparison:
    """All rows, newest run first, and the numbers of datasets that were left out, by reason.

    `online`: the online dataset. `unnamed`: no known reconstruction in the name. `elsewhere`: certified outside of the
    scope. `others`: further datasets of a reconstruction that was compared with another one.
    """

    rows: tuple[ComparisonRow, ...]
    online: int
    unnamed: int
    elsewhere: int
    others: int

    def with_outcome(self, outcome: ComparisonOutcome) -> list[ComparisonRow]:
        return [row for row in self.rows if row.outcome == outcome]

    @property
    def rows_with_other_run_type(self) -> list[ComparisonRow]:
        return [row for row in self.rows if row.has_other_run_type]


def run_type_in_registry(theirs: FlaggedDataset) -> str:
    """The run type from the run class, else from the name of the dataset, else from the HLT key."""
    run_type = run_type_in(theirs.dataset.run_class) or run_type_in(theirs.dataset.name)
    return run_type or derive_run_type(theirs.hlt_key, theirs.stable_beam).value


def compare_with_registry(
    report_rows: Iterable[ReportRow],
    datasets: Iterable[FlaggedDataset],
    *,
    certified: Collection[ReconstructionKey],
    is_wanted: Callable[[FlaggedDataset], bool],
    stored: Mapping[DatasetKey, StoredFlagRanges] = MappingProxyType({}),
    sent: SentCertifications = MappingProxyType({}),
) -> RegistryComparison:
    """Both sides as rows. `certified`: all certified reconstructions, including those outside of `report_rows`.

    `is_wanted`: returns whether a dataset without certification is in the scope of the page. `stored`: the flags of
    each lumisection, of the datasets that have been read. `sent`: which were sent as they are now.
    """
    report_rows, datasets = list(report_rows), list(datasets)
    by_key: dict[ReconstructionKey, list[FlaggedDataset]] = {}
    for dataset in datasets:
        if dataset.dataset.reconstruction in Reconstruction.values:
            by_key.setdefault((dataset.run_number, dataset.dataset.reconstruction), []).append(dataset)
    partners = {
        _reconstruction_key(report_row): by_key.pop(_reconstruction_key(report_row), []) for report_row in report_rows
    }
    rows = [
        _comparison_row(
            report_row, _matching_dataset(report_row, partners[_reconstruction_key(report_row)]), stored, sent
        )
        for report_row in report_rows
    ]
    rows += [
        _comparison_row(None, dataset, stored, sent)
        for key, key_datasets in by_key.items()
        if key not in certified
        for dataset in key_datasets
        if is_wanted(dataset)
    ]
    named, online = _count_datasets([partners, by_key]), sum(dataset.dataset.name == ONLINE for dataset in datasets)
    return RegistryComparison(
        rows=tuple(sorted(rows, key=_sort_key)),
        online=online,
        unnamed=len(datasets) - named - online,
        elsewhere=sum(len(key_datasets) for key, key_datasets in by_key.items() if key in certified),
        others=sum(max(0, len(key_datasets) - 1) for key_datasets in partners.values()),
    )


def _count_datasets(datasets: list[dict[ReconstructionKey, list[FlaggedDataset]]]) -> int:
    return sum(len(key_datasets) for by_key in datasets for key_datasets in by_key.values())


def _reconstruction_key(report_row: ReportRow) -> ReconstructionKey:
    return report_row.run_number, report_row.group.reconstruction


def _sort_key(row: ComparisonRow) -> tuple[int, int, str]:
    return *search_order(row.run_number, row.reconstruction), row.theirs.dataset.name if row.theirs else ""


def _matching_dataset(report_row: ReportRow, datasets: list[FlaggedDataset]) -> FlaggedDataset | None:
    """The certified dataset; if Run Registry does not have it, the first open one, else the first by name."""
    by_rank = sorted(
        datasets,
        key=lambda dataset: (
            dataset.dataset.name != report_row.group.dataset,
            not dataset.dataset.is_open,
            dataset.dataset.name,
        ),
    )
    return by_rank[0] if by_rank else None


def dataset_key(flagged: FlaggedDataset) -> DatasetKey:
    """The key of what is stored of the lumisections of a dataset."""
    return flagged.run_number, flagged.dataset.registry_name or flagged.dataset.name


def _comparison_row(
    report_row: ReportRow | None,
    theirs: FlaggedDataset | None,
    stored: Mapping[DatasetKey, StoredFlagRanges],
    sent: SentCertifications,
) -> ComparisonRow:
    if report_row is not None:
        run_number, reconstruction = _reconstruction_key(report_row)
    else:
        assert theirs is not None
        run_number, reconstruction = theirs.run_number, theirs.dataset.reconstruction or ""
    ranges = stored.get(dataset_key(theirs)) if theirs else None
    decided = sent.get(report_row.pk) if report_row else None
    pairs = tuple(compare_component(component, report_row, theirs, ranges, decided) for component in Component)
    return ComparisonRow(run_number, reconstruction, report_row, theirs, pairs)
