"""Certifications here against the flags in Run Registry, both ways. Pure: from lines and datasets to rows.

The law is the project's rules, section "Comparison with Run Registry"; how counts read is in `registry/flags.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import TextChoices

from certify.editor.worklist import search_order
from certify.models.choices import Component, Reconstruction
from oms.choices import RunType
from oms.parsing import derive_run_type
from registry.flags import MIXED, NOT_FLAGGED, ComponentStatus, FlaggedDataset
from registry.parsing import ONLINE, run_type_in
from reports.rows import ReportRow

ReconstructionKey = tuple[int, str]


class ComparisonOutcome(TextChoices):
    """What comparing came to; in the order of the page."""

    DIFFERENT = "different", "Different"
    ONLY_OURS = "only-ours", "Only here"
    ONLY_THEIRS = "only-theirs", "Only in Run Registry"
    MIXED = "mixed", "Mixed in Run Registry"
    NOT_FLAGGED = "not-flagged", "Not flagged in Run Registry"
    EQUAL = "equal", "Equal"

    @property
    def lower_label(self) -> str:
        """The label inside a sentence."""
        return str(self.label)[:1].lower() + str(self.label)[1:]


# Of the components of a row the first of these decides.
_OUTCOME_PRIORITY = (
    ComparisonOutcome.DIFFERENT,
    ComparisonOutcome.MIXED,
    ComparisonOutcome.NOT_FLAGGED,
    ComparisonOutcome.EQUAL,
)


@dataclass(frozen=True)
class ComponentComparison:
    """One component: our flag and how theirs read; None where that side has none."""

    component: Component
    ours: str | None
    has_low_statistics: bool
    theirs: ComponentStatus | None
    outcome: ComparisonOutcome

    @property
    def is_different(self) -> bool:
        return self.outcome == ComparisonOutcome.DIFFERENT

    @property
    def registry_text(self) -> str:
        """What Run Registry says; on how many lumisections where we do not say the same."""
        if self.theirs is None:
            return ""
        if self.outcome in (ComparisonOutcome.DIFFERENT, ComparisonOutcome.ONLY_THEIRS) and self.theirs.status not in (
            MIXED,
            NOT_FLAGGED,
        ):
            return f"{self.theirs} on {self.theirs.lumisections} of {self.theirs.total} LS"
        return str(self.theirs)


@dataclass(frozen=True)
class ComparisonRow:
    """One reconstruction of one run, of at least one side."""

    run_number: int
    reconstruction: str
    ours: ReportRow | None
    theirs: FlaggedDataset | None
    components: tuple[ComponentComparison, ...]

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
        """Both sides know the run type, and do not agree. Shown beside the flags, not compared with them."""
        known = {self.ours.group.run_type, self.registry_run_type} if self.ours and self.theirs else set()
        return len(known - {RunType.UNKNOWN.value}) == 2


@dataclass(frozen=True)
class RegistryComparison:
    """All rows, newest run first; and how many datasets were left out, by why."""

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
    """What the class says, else the dataset's name, else the HLT key."""
    said = run_type_in(theirs.dataset.run_class) or run_type_in(theirs.dataset.name)
    return said or derive_run_type(theirs.hlt_key, theirs.stable_beam).value


def compare_with_registry(
    lines: Iterable[ReportRow],
    datasets: Iterable[FlaggedDataset],
    *,
    certified: Collection[ReconstructionKey],
    is_wanted: Callable[[FlaggedDataset], bool],
) -> RegistryComparison:
    """Both sides as rows. `certified`: what is certified here at all, also outside of `lines`.

    `is_wanted`: whether a dataset that is not certified here belongs to what the page is about.
    """
    lines, datasets = list(lines), list(datasets)
    of_key: dict[ReconstructionKey, list[FlaggedDataset]] = {}
    for one in datasets:
        if one.dataset.reconstruction in Reconstruction.values:
            of_key.setdefault((one.run_number, one.dataset.reconstruction), []).append(one)
    partners = {_reconstruction_key(line): of_key.pop(_reconstruction_key(line), []) for line in lines}
    rows = [_comparison_row(line, _matching_dataset(line, partners[_reconstruction_key(line)])) for line in lines]
    rows += [
        _comparison_row(None, one)
        for key, some in of_key.items()
        if key not in certified
        for one in some
        if is_wanted(one)
    ]
    named, online = _count_datasets([partners, of_key]), sum(one.dataset.name == ONLINE for one in datasets)
    return RegistryComparison(
        rows=tuple(sorted(rows, key=_sort_key)),
        online=online,
        unnamed=len(datasets) - named - online,
        elsewhere=sum(len(some) for key, some in of_key.items() if key in certified),
        others=sum(max(0, len(some) - 1) for some in partners.values()),
    )


def _count_datasets(datasets: list[dict[ReconstructionKey, list[FlaggedDataset]]]) -> int:
    return sum(len(some) for of_key in datasets for some in of_key.values())


def _reconstruction_key(line: ReportRow) -> ReconstructionKey:
    return line.run_number, line.group.reconstruction


def _sort_key(row: ComparisonRow) -> tuple[int, int, str]:
    return *search_order(row.run_number, row.reconstruction), row.theirs.dataset.name if row.theirs else ""


def _matching_dataset(line: ReportRow, datasets: list[FlaggedDataset]) -> FlaggedDataset | None:
    """The dataset that was certified; where Run Registry has it not, the first open one, else the first by name."""
    by_rank = sorted(
        datasets, key=lambda one: (one.dataset.name != line.group.dataset, not one.dataset.is_open, one.dataset.name)
    )
    return by_rank[0] if by_rank else None


def _comparison_row(line: ReportRow | None, theirs: FlaggedDataset | None) -> ComparisonRow:
    if line is not None:
        run_number, reconstruction = _reconstruction_key(line)
    else:
        assert theirs is not None
        run_number, reconstruction = theirs.run_number, theirs.dataset.reconstruction or ""
    pairs = tuple(_compare_component(component, line, theirs) for component in Component)
    return ComparisonRow(run_number, reconstruction, line, theirs, pairs)


def _compare_component(
    component: Component, line: ReportRow | None, theirs: FlaggedDataset | None
) -> ComponentComparison:
    ours = line.flags[component.value] if line else None
    reading = theirs.component_status(component.value) if theirs else None
    has_low = line is not None and component.value in line.low_statistics
    return ComponentComparison(component, ours, has_low, reading, outcome_of(ours, reading))


def outcome_of(ours: str | None, theirs: ComponentStatus | None) -> ComparisonOutcome:
    """What one component came to. Low statistics is not compared."""
    if ours is None or theirs is None:
        return ComparisonOutcome.ONLY_OURS if theirs is None else ComparisonOutcome.ONLY_THEIRS
    if theirs.status == MIXED:
        return ComparisonOutcome.MIXED
    if theirs.status == NOT_FLAGGED:
        return ComparisonOutcome.NOT_FLAGGED
    return ComparisonOutcome.EQUAL if theirs.status == ours else ComparisonOutcome.DIFFERENT
