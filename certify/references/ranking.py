"""Ranking of reference runs for a run.

The run type must match; then reconstruction, era, B field, energy, pile-up, colliding bunches and age decide, in this
order. An unknown value ranks below a match and above a difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from certify.models.choices import Reconstruction
from certify.rules.reference_type import has_fitting_type, known_type

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from oms.models import OmsRun


class Match(IntEnum):
    """Comparison of one property of a reference run with that of the run. Lower values are better."""

    SAME = 0
    UNKNOWN = 1
    DIFFERENT = 2


@dataclass(frozen=True)
class ReferenceFeatures:
    """Properties by which runs are compared; None if unknown. `b_field` in T, `energy` in GeV, times in UTC.

    `dataset` is that of its live certification, empty without. `successor` is the primary key of the successor of a
    retired reference run, `successor_name` its name while it is offered.
    """

    run_number: int
    reconstruction: str
    run_type: str
    era: str | None
    b_field: float | None
    energy: float | None
    pile_up: float | None
    bunches: int | None
    pk: int | None = None
    start_time: datetime | None = None
    is_offered: bool = True
    successor: int | None = None
    successor_name: str = ""
    dataset: str = ""

    def __str__(self) -> str:
        return f"{self.run_number} {self.reconstruction}"


@dataclass(frozen=True)
class RankedReference:
    """A reference run with its matches by criterion, in order of weight."""

    target: ReferenceFeatures
    reference: ReferenceFeatures
    matches: dict[str, Match]
    runs_older: int

    @property
    def sort_key(self) -> tuple[int, ...]:
        """Return the sort key: criteria, then older before newer reference runs, then the distance in runs."""
        return (*self.matches.values(), int(self.runs_older < 0), abs(self.runs_older))

    @property
    def is_possible(self) -> bool:
        """Return False if both run types are known and differ."""
        return has_fitting_type(self.target.run_type, self.reference.run_type)

    @property
    def label(self) -> str:
        """Return a line with run, reconstruction, era, magnetic field, distance and the criteria that differ."""
        reference = self.reference
        field = f"{reference.b_field:.1f} T" if reference.b_field is not None else None
        distance = f"{abs(self.runs_older)} runs {'older' if self.runs_older >= 0 else 'newer'}"
        differing = [name for name, match in self.matches.items() if match == Match.DIFFERENT]
        run_type = reference.run_type if self.matches["run type"] == Match.UNKNOWN else None
        retired = None if reference.is_offered else "retired"
        parts = [str(reference), retired, run_type, reference.era, field, distance]
        if differing:
            parts.append(f"other {', '.join(differing)}")
        return " · ".join(part for part in parts if part)


def reference_features(run: OmsRun, reconstruction: str) -> ReferenceFeatures:
    """Return the features of a run with its fill."""
    fill = run.fill
    return ReferenceFeatures(
        run_number=run.run_number,
        reconstruction=reconstruction,
        run_type=run.run_type,
        era=run.era or (fill.era if fill else None),
        b_field=run.b_field,
        energy=run.energy,
        pile_up=fill.peak_pileup if fill else None,
        bunches=fill.bunches_colliding if fill else None,
        start_time=run.start_time,
    )


def ranked_references(target: ReferenceFeatures, references: Iterable[ReferenceFeatures]) -> list[RankedReference]:
    """Return all reference runs, best first."""
    return sorted((_rank(target, reference) for reference in references), key=lambda ranked: ranked.sort_key)


def _rank(target: ReferenceFeatures, other: ReferenceFeatures) -> RankedReference:
    matches = {
        "run type": _type_match(target.run_type, other.run_type),
        "reconstruction": _reconstruction_match(target.reconstruction, other.reconstruction),
        "era": _compare_equal(target.era, other.era),
        "B field": _compare_close(target.b_field, other.b_field, tolerance=0.1),
        "energy": _compare_close(target.energy, other.energy, tolerance=100),
        "pile-up": _compare_close(target.pile_up, other.pile_up, relative_tolerance=0.2),
        "bunches": _compare_close(target.bunches, other.bunches, relative_tolerance=0.2),
    }
    return RankedReference(target, other, matches, runs_older=target.run_number - other.run_number)


def _type_match(target: str, other: str) -> Match:
    return _compare_equal(known_type(target), known_type(other))


def _reconstruction_match(target: str, other: str) -> Match:
    """The two re-reconstructions are closer to each other than to express or prompt."""
    if target == other:
        return Match.SAME
    are_rerecos = {target, other} == {Reconstruction.RERECO, Reconstruction.RERECOUL}
    return Match.UNKNOWN if are_rerecos else Match.DIFFERENT


def _compare_equal(target: object | None, other: object | None) -> Match:
    if target is None or other is None:
        return Match.UNKNOWN
    return Match.SAME if target == other else Match.DIFFERENT


def _compare_close(
    target: float | None, other: float | None, *, tolerance: float = 0, relative_tolerance: float = 0
) -> Match:
    """SAME if they differ by at most `tolerance`, or by `relative_tolerance` times the larger absolute value."""
    if target is None or other is None:
        return Match.UNKNOWN
    allowed = max(tolerance, relative_tolerance * max(abs(target), abs(other)))
    return Match.SAME if abs(target - other) <= allowed else Match.DIFFERENT
