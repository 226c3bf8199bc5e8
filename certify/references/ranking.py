"""Which reference runs are offered for a run, best first, and why.

Run type must match; then reconstruction, era, B field, energy, pile-up, colliding bunches and age decide, in this
order. What is unknown ranks below what matches and above what differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from certify.models.choices import Reconstruction
from certify.rules.reference_type import has_fitting_type, known_type
from oms.models import OmsRun


class Match(IntEnum):
    """How one property of a reference compares with the run's; the lower the better."""

    SAME = 0
    UNKNOWN = 1
    DIFFERENT = 2


@dataclass(frozen=True)
class ReferenceFeatures:
    """What a run and a reference are compared by; None where nobody knows. Field in T, energy in GeV, times in UTC.

    `successor`: the key of what takes the place of a retired one; `successor_name`: its name, while it is offered.
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

    def __str__(self) -> str:
        return f"{self.run_number} {self.reconstruction}"


@dataclass(frozen=True)
class RankedReference:
    """A reference with what speaks for and against it, by criterion in order of weight."""

    target: ReferenceFeatures
    reference: ReferenceFeatures
    matches: dict[str, Match]
    runs_older: int

    @property
    def sort_key(self) -> tuple[int, ...]:
        """Sort key: criteria first, then an older reference before a newer one, then the nearest."""
        return (*self.matches.values(), int(self.runs_older < 0), abs(self.runs_older))

    @property
    def is_possible(self) -> bool:
        """False when both run types are known and differ."""
        return has_fitting_type(self.target.run_type, self.reference.run_type)

    @property
    def label(self) -> str:
        """One line for a person: run, reconstruction, era, field, distance, and what differs."""
        one = self.reference
        field = f"{one.b_field:.1f} T" if one.b_field is not None else None
        distance = f"{abs(self.runs_older)} runs {'older' if self.runs_older >= 0 else 'newer'}"
        differing = [name for name, match in self.matches.items() if match == Match.DIFFERENT]
        kind = one.run_type if self.matches["run type"] == Match.UNKNOWN else None
        retired = None if one.is_offered else "retired"
        parts = [str(one), retired, kind, one.era, field, distance]
        if differing:
            parts.append(f"other {', '.join(differing)}")
        return " · ".join(part for part in parts if part)


def reference_features(run: OmsRun, reconstruction: str) -> ReferenceFeatures:
    """What a run is compared by."""
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
    """All references, best first."""
    return sorted((_rank(target, reference) for reference in references), key=lambda one: one.sort_key)


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


def _type_match(wanted: str, offered: str) -> Match:
    return _compare_equal(known_type(wanted), known_type(offered))


def _reconstruction_match(wanted: str, offered: str) -> Match:
    """The two re-reconstructions stand for each other before express or prompt do."""
    again = {Reconstruction.RERECO, Reconstruction.RERECOUL}
    if wanted == offered:
        return Match.SAME
    return Match.UNKNOWN if {wanted, offered} == again else Match.DIFFERENT


def _compare_equal(one: object | None, other: object | None) -> Match:
    if one is None or other is None:
        return Match.UNKNOWN
    return Match.SAME if one == other else Match.DIFFERENT


def _compare_close(
    one: float | None, other: float | None, *, tolerance: float = 0, relative_tolerance: float = 0
) -> Match:
    """Same when they differ by no more than `by`, or by `share` of the larger."""
    if one is None or other is None:
        return Match.UNKNOWN
    allowed = max(tolerance, relative_tolerance * max(abs(one), abs(other)))
    return Match.SAME if abs(one - other) <= allowed else Match.DIFFERENT
