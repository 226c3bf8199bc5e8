"""What reports rest on: one line per certification, from the facts that were frozen with it.

Nothing here reads the mirror of OMS, so that the same certifications give the same report later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import QuerySet

from certify.choices import Component, Reconstruction, Verdict
from certify.models import TrackerCertification
from certify.staleness import in_words
from oms.choices import RunType

_TYPES = [RunType.COLLISIONS.value, RunType.COSMICS.value, RunType.UNKNOWN.value]
_RECONSTRUCTIONS = list(Reconstruction.values)


@dataclass(frozen=True)
class Kind:
    """What a report puts under one heading. B field in T, energy in GeV; None where nobody knows."""

    run_type: str
    reconstruction: str
    dataset: str
    b_field: float | None
    energy: float | None
    particles: str

    @property
    def order(self) -> tuple[Any, ...]:
        """Collisions first, then express, prompt, rereco, rerecoul."""
        unknown_last = (-1.0 if self.b_field is None else self.b_field, -1.0 if self.energy is None else self.energy)
        by_word = (_TYPES.index(self.run_type), _RECONSTRUCTIONS.index(self.reconstruction), self.dataset)
        return (*by_word, self.particles, *unknown_last)

    @property
    def heading(self) -> str:
        """One line: prompt collisions 3.8 T PROTON 6500 GeV /PromptReco/Collisions2018A/DQM."""
        field = "" if self.b_field is None else f"{self.b_field:.1f} T"
        energy = "" if self.energy is None else f"{self.energy:g} GeV"
        parts = (self.reconstruction, self.run_type, field, self.particles, energy, self.dataset)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class FillFacts:
    """What OMS said of the fill. Luminosity in 1/pb, peak in 10^34 cm^-2 s^-1, efficiency in %; None where nothing."""

    delivered_lumi: float | None = None
    recorded_lumi: float | None = None
    efficiency_lumi: float | None = None
    peak_lumi: float | None = None
    peak_pileup: float | None = None
    bunches_colliding: int | None = None


@dataclass(frozen=True)
class Line:
    """One certification in a report. Luminosity in 1/pb; None where nobody knows. `stale`: what changed since.

    `day` is the shift day; `fill` and `read_at` (when OMS was read, empty where it was not) are as frozen with it.
    """

    pk: int
    run_number: int
    kind: Kind
    reference: str
    flags: dict[str, str]
    low: frozenset[str]
    verdict: str
    has_trackermap: bool
    lumisections: int | None
    recorded_lumi: float | None
    comment: str
    shifter: str
    username: str
    day: date
    fill_number: int | None
    fill: FillFacts = FillFacts()
    read_at: str = ""
    stale: tuple[str, ...] = ()
    reason: str = ""

    @property
    def why(self) -> str:
        """The reason with the comment, each once: a reason that was chosen first begins the comment."""
        parts = [self.reason] if not self.comment.startswith(self.reason) else []
        return ": ".join(filter(None, [*parts, self.comment]))

    def flag_text(self, component: str) -> str:
        """The flag, with its low statistics."""
        return f"{self.flags[component]}{' (low)' if component in self.low else ''}"


# Of a hundred columns of a certification and what it points to, those that a line is made of: half the time.
_RELATED = ("runreconstruction", "user", "dataset", "reference_runreconstruction", "bad_reason")
_COLUMNS = (
    *(f"{component.value}{of}" for component in Component for of in ("", "_lowstat")),
    *("run_type", "lumisections", "recorded_lumi", "verdict_word", "trackermap", "comment", "date", "facts", "stale"),
    *("runreconstruction__run_id", "runreconstruction__reconstruction", "dataset__name", "bad_reason__name"),
    *("reference_runreconstruction__run_id", "reference_runreconstruction__reconstruction"),
    *("user__username", "user__first_name", "user__last_name"),
)


def rows_for_lines(rows: QuerySet[TrackerCertification]) -> QuerySet[TrackerCertification]:
    """The rows with just what `lines_of` reads, in any order."""
    return rows.select_related(None).select_related(*_RELATED).only(*_COLUMNS).order_by()


def lines_of(rows: Iterable[TrackerCertification]) -> list[Line]:
    """The lines of these certifications (`with_names`), newest run first."""
    return sorted((_line(row) for row in rows), key=lambda line: (-line.run_number, line.kind.order))


def by_kind(lines: Iterable[Line]) -> list[tuple[Kind, list[Line]]]:
    """The lines under their headings, in the order of every report."""
    found: dict[Kind, list[Line]] = {}
    for line in lines:
        found.setdefault(line.kind, []).append(line)
    return sorted(found.items(), key=lambda item: item[0].order)


def _line(row: TrackerCertification) -> Line:
    components = [component.value for component in Component]
    return Line(
        pk=row.pk,
        run_number=row.run_number,
        kind=_kind(row),
        reference=str(row.reference_runreconstruction),
        flags={name: getattr(row, name) for name in components},
        low=frozenset(name for name in components if getattr(row, f"{name}_lowstat")),
        verdict=Verdict(row.verdict_word).value,
        has_trackermap=row.trackermap == "exists",
        lumisections=row.lumisections,
        recorded_lumi=row.recorded_lumi,
        comment=row.comment,
        shifter=row.user.display_name,
        username=row.user.username,
        day=row.date,
        fill_number=(row.facts.get("run") or {}).get("fill_number"),
        fill=_fill(row.facts.get("fill") or {}),
        read_at=row.facts.get("read_at") or "",
        stale=tuple(in_words(row.stale)),
        reason=row.bad_reason.name if row.bad_reason else "",
    )


def _fill(facts: dict[str, Any]) -> FillFacts:
    return FillFacts(**{field.name: facts.get(field.name) for field in fields(FillFacts)})


def _kind(row: TrackerCertification) -> Kind:
    facts = row.facts.get("run") or {}
    return Kind(
        run_type=row.run_type,
        reconstruction=row.reconstruction,
        dataset=row.dataset.name if row.dataset else "",
        b_field=facts.get("b_field"),
        energy=facts.get("energy"),
        particles=facts.get("fill_type_party1") or "",
    )
