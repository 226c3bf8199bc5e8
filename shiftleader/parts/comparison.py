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
from oms.parsing import run_type_of
from registry.flags import MIXED, NOT_FLAGGED, FlaggedDataset, Reading
from registry.parsing import ONLINE, run_type_said
from reports.rows import Line

Key = tuple[int, str]


class Outcome(TextChoices):
    """What comparing came to; in the order of the page."""

    DIFFERENT = "different", "Different"
    ONLY_OURS = "only-ours", "Only here"
    ONLY_THEIRS = "only-theirs", "Only in Run Registry"
    MIXED = "mixed", "Mixed in Run Registry"
    NOT_FLAGGED = "not-flagged", "Not flagged in Run Registry"
    EQUAL = "equal", "Equal"

    @property
    def word(self) -> str:
        """The label inside a sentence."""
        return str(self.label)[:1].lower() + str(self.label)[1:]


# Of the components of a row the first of these decides.
_WEIGHT = (Outcome.DIFFERENT, Outcome.MIXED, Outcome.NOT_FLAGGED, Outcome.EQUAL)


@dataclass(frozen=True)
class Pair:
    """One component: our flag and how theirs read; None where that side has none."""

    component: Component
    ours: str | None
    has_low: bool
    theirs: Reading | None
    outcome: Outcome

    @property
    def is_different(self) -> bool:
        return self.outcome == Outcome.DIFFERENT

    @property
    def says(self) -> str:
        """What Run Registry says; on how many lumisections where we do not say the same."""
        if self.theirs is None:
            return ""
        if self.outcome in (Outcome.DIFFERENT, Outcome.ONLY_THEIRS) and self.theirs.word not in (MIXED, NOT_FLAGGED):
            return f"{self.theirs} on {self.theirs.lumisections} of {self.theirs.of} LS"
        return str(self.theirs)


@dataclass(frozen=True)
class Row:
    """One reconstruction of one run, of at least one side."""

    run_number: int
    reconstruction: str
    line: Line | None
    theirs: FlaggedDataset | None
    pairs: tuple[Pair, ...]

    @cached_property
    def outcome(self) -> Outcome:
        if self.line is None or self.theirs is None:
            return Outcome.ONLY_OURS if self.theirs is None else Outcome.ONLY_THEIRS
        outcomes = {pair.outcome for pair in self.pairs}
        return next(outcome for outcome in _WEIGHT if outcome in outcomes)

    @property
    def their_run_type(self) -> str:
        return run_type_in_registry(self.theirs) if self.theirs else ""

    @property
    def is_other_run_type(self) -> bool:
        """Both sides know the run type, and do not agree. Shown beside the flags, not compared with them."""
        known = {self.line.kind.run_type, self.their_run_type} if self.line and self.theirs else set()
        return len(known - {RunType.UNKNOWN.value}) == 2


@dataclass(frozen=True)
class Comparison:
    """All rows, newest run first; and how many datasets were left out, by why."""

    rows: tuple[Row, ...]
    online: int
    unnamed: int
    elsewhere: int
    others: int

    def of(self, outcome: Outcome) -> list[Row]:
        return [row for row in self.rows if row.outcome == outcome]

    @property
    def other_run_type(self) -> list[Row]:
        return [row for row in self.rows if row.is_other_run_type]


def run_type_in_registry(theirs: FlaggedDataset) -> str:
    """What the class says, else the dataset's name, else the HLT key."""
    said = run_type_said(theirs.dataset.run_class) or run_type_said(theirs.dataset.name)
    return said or run_type_of(theirs.hlt_key, theirs.stable_beam).value


def compare(
    lines: Iterable[Line],
    datasets: Iterable[FlaggedDataset],
    *,
    certified: Collection[Key],
    is_wanted: Callable[[FlaggedDataset], bool],
) -> Comparison:
    """Both sides as rows. `certified`: what is certified here at all, also outside of `lines`.

    `is_wanted`: whether a dataset that is not certified here belongs to what the page is about.
    """
    lines, datasets = list(lines), list(datasets)
    of_key: dict[Key, list[FlaggedDataset]] = {}
    for one in datasets:
        if one.dataset.reconstruction in Reconstruction.values:
            of_key.setdefault((one.run_number, one.dataset.reconstruction), []).append(one)
    partners = {_key(line): of_key.pop(_key(line), []) for line in lines}
    rows = [_row(line, _partner(line, partners[_key(line)])) for line in lines]
    rows += [_row(None, one) for key, some in of_key.items() if key not in certified for one in some if is_wanted(one)]
    named, online = _count([partners, of_key]), sum(one.dataset.name == ONLINE for one in datasets)
    return Comparison(
        rows=tuple(sorted(rows, key=_order)),
        online=online,
        unnamed=len(datasets) - named - online,
        elsewhere=sum(len(some) for key, some in of_key.items() if key in certified),
        others=sum(max(0, len(some) - 1) for some in partners.values()),
    )


def _count(datasets: list[dict[Key, list[FlaggedDataset]]]) -> int:
    return sum(len(some) for of_key in datasets for some in of_key.values())


def _key(line: Line) -> Key:
    return line.run_number, line.kind.reconstruction


def _order(row: Row) -> tuple[int, int, str]:
    return *search_order(row.run_number, row.reconstruction), row.theirs.dataset.name if row.theirs else ""


def _partner(line: Line, datasets: list[FlaggedDataset]) -> FlaggedDataset | None:
    """The dataset that was certified; where Run Registry has it not, the first open one, else the first by name."""
    by_rank = sorted(
        datasets, key=lambda one: (one.dataset.name != line.kind.dataset, not one.dataset.is_open, one.dataset.name)
    )
    return by_rank[0] if by_rank else None


def _row(line: Line | None, theirs: FlaggedDataset | None) -> Row:
    if line is not None:
        run_number, reconstruction = _key(line)
    else:
        assert theirs is not None
        run_number, reconstruction = theirs.run_number, theirs.dataset.reconstruction or ""
    pairs = tuple(_pair(component, line, theirs) for component in Component)
    return Row(run_number, reconstruction, line, theirs, pairs)


def _pair(component: Component, line: Line | None, theirs: FlaggedDataset | None) -> Pair:
    ours = line.flags[component.value] if line else None
    reading = theirs.reading(component.value) if theirs else None
    has_low = line is not None and component.value in line.low
    return Pair(component, ours, has_low, reading, outcome_of(ours, reading))


def outcome_of(ours: str | None, theirs: Reading | None) -> Outcome:
    """What one component came to. Low statistics is not compared."""
    if ours is None or theirs is None:
        return Outcome.ONLY_OURS if theirs is None else Outcome.ONLY_THEIRS
    if theirs.word == MIXED:
        return Outcome.MIXED
    if theirs.word == NOT_FLAGGED:
        return Outcome.NOT_FLAGGED
    return Outcome.EQUAL if theirs.word == ours else Outcome.DIFFERENT
