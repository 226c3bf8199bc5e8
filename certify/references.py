"""Which reference runs are offered for a run, best first, and why.

Run type must match; then reconstruction, era, B field, energy, pile-up, colliding bunches and age decide, in this
order. What is unknown ranks below what matches and above what differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from certify.choices import Reconstruction
from certify.models import RunReconstruction
from oms.choices import RunType
from oms.models import OmsRun


class Match(IntEnum):
    """How one property of a reference compares with the run's; the lower the better."""

    SAME = 0
    UNKNOWN = 1
    DIFFERENT = 2


@dataclass(frozen=True)
class RankedReference:
    """A reference with what speaks for and against it, by criterion in order of weight."""

    reference: RunReconstruction
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
        run = self.reference.run
        era = run.era or (run.fill.era if run.fill else None)
        field = f"{run.b_field:.1f} T" if run.b_field is not None else None
        distance = f"{abs(self.runs_older)} runs {'older' if self.runs_older >= 0 else 'newer'}"
        differing = [name for name, match in self.matches.items() if match == Match.DIFFERENT]
        parts = [f"{run.run_number} {self.reference.reconstruction}", era, field, distance]
        if differing:
            parts.append(f"other {', '.join(differing)}")
        return " · ".join(part for part in parts if part)


def ranked_references(
    run: OmsRun, reconstruction: str, references: Iterable[RunReconstruction]
) -> list[RankedReference]:
    """All references, best first. `references` come with their run and fill loaded."""
    ranked = [_rank(run, reconstruction, reference) for reference in references]
    return sorted(ranked, key=lambda one: one.order)


def _rank(run: OmsRun, reconstruction: str, reference: RunReconstruction) -> RankedReference:
    other = reference.run
    matches = {
        "run type": _equal(_known_type(run), _known_type(other)),
        "reconstruction": _reconstruction_match(reconstruction, reference.reconstruction),
        "era": _equal(_of_run_or_fill(run, "era"), _of_run_or_fill(other, "era")),
        "B field": _close(run.b_field, other.b_field, by=0.1),
        "energy": _close(run.energy, other.energy, by=100),
        "pile-up": _close(_of_fill(run, "peak_pileup"), _of_fill(other, "peak_pileup"), share=0.2),
        "bunches": _close(_of_fill(run, "bunches_colliding"), _of_fill(other, "bunches_colliding"), share=0.2),
    }
    return RankedReference(reference, matches, runs_older=run.run_number - other.run_number)


def _known_type(run: OmsRun) -> str | None:
    return None if run.run_type == RunType.UNKNOWN else run.run_type


def _reconstruction_match(wanted: str, offered: str) -> Match:
    """The two re-reconstructions stand for each other before express or prompt do."""
    again = {Reconstruction.RERECO, Reconstruction.RERECOUL}
    if wanted == offered:
        return Match.SAME
    return Match.UNKNOWN if {wanted, offered} == again else Match.DIFFERENT


def _of_fill(run: OmsRun, attribute: str) -> float | None:
    return getattr(run.fill, attribute) if run.fill else None


def _of_run_or_fill(run: OmsRun, attribute: str) -> str | None:
    return getattr(run, attribute) or (getattr(run.fill, attribute) if run.fill else None)


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
