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
from oms.choices import RunType
from oms.models import OmsRun


class Match(IntEnum):
    """How one property of a reference compares with the run's; the lower the better."""

    SAME = 0
    UNKNOWN = 1
    DIFFERENT = 2


@dataclass(frozen=True)
class Likeness:
    """What a run and a reference are compared by; None where nobody knows. Field in T, energy in GeV, times in UTC.

    `successor`: the key of what takes the place of a retired one; `in_its_place`: its name, while it is offered.
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
    began: datetime | None = None
    is_offered: bool = True
    successor: int | None = None
    in_its_place: str = ""

    def __str__(self) -> str:
        return f"{self.run_number} {self.reconstruction}"


@dataclass(frozen=True)
class RankedReference:
    """A reference with what speaks for and against it, by criterion in order of weight."""

    mine: Likeness
    reference: Likeness
    matches: dict[str, Match]
    runs_older: int

    @property
    def order(self) -> tuple[int, ...]:
        """Sort key: criteria first, then an older reference before a newer one, then the nearest."""
        return (*self.matches.values(), int(self.runs_older < 0), abs(self.runs_older))

    @property
    def is_possible(self) -> bool:
        """False when both run types are known and differ."""
        return self.matches["run type"] != Match.DIFFERENT

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


def likeness(run: OmsRun, reconstruction: str) -> Likeness:
    """What a run is compared by."""
    fill = run.fill
    return Likeness(
        run_number=run.run_number,
        reconstruction=reconstruction,
        run_type=run.run_type,
        era=run.era or (fill.era if fill else None),
        b_field=run.b_field,
        energy=run.energy,
        pile_up=fill.peak_pileup if fill else None,
        bunches=fill.bunches_colliding if fill else None,
        began=run.start_time,
    )


def ranked_references(mine: Likeness, references: Iterable[Likeness]) -> list[RankedReference]:
    """All references, best first."""
    return sorted((_rank(mine, reference) for reference in references), key=lambda one: one.order)


def _rank(mine: Likeness, other: Likeness) -> RankedReference:
    matches = {
        "run type": _equal(_known_type(mine), _known_type(other)),
        "reconstruction": _reconstruction_match(mine.reconstruction, other.reconstruction),
        "era": _equal(mine.era, other.era),
        "B field": _close(mine.b_field, other.b_field, by=0.1),
        "energy": _close(mine.energy, other.energy, by=100),
        "pile-up": _close(mine.pile_up, other.pile_up, share=0.2),
        "bunches": _close(mine.bunches, other.bunches, share=0.2),
    }
    return RankedReference(mine, other, matches, runs_older=mine.run_number - other.run_number)


def _known_type(one: Likeness) -> str | None:
    return None if one.run_type == RunType.UNKNOWN else one.run_type


def _reconstruction_match(wanted: str, offered: str) -> Match:
    """The two re-reconstructions stand for each other before express or prompt do."""
    again = {Reconstruction.RERECO, Reconstruction.RERECOUL}
    if wanted == offered:
        return Match.SAME
    return Match.UNKNOWN if {wanted, offered} == again else Match.DIFFERENT


def _equal(one: object | None, other: object | None) -> Match:
    if one is None or other is None:
        return Match.UNKNOWN
    return Match.SAME if one == other else Match.DIFFERENT


def _close(one: float | None, other: float | None, *, by: float = 0, share: float = 0) -> Match:
    """Same when they differ by no more than `by`, or by `share` of the larger."""
    if one is None or other is None:
        return Match.UNKNOWN
    allowed = max(by, share * max(abs(one), abs(other)))
    return Match.SAME if abs(one - other) <= allowed else Match.DIFFERENT
