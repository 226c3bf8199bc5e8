"""Rows of reports: one per certification, from the facts that are stored with it.

Nothing here reads the mirror of OMS, so that the same certifications always give the same report.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.db.models import F, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from certify.facts.presentation import typed_text
from certify.facts.staleness import format_changes
from certify.models.choices import Reconstruction, TrackerMap
from certify.models.components import FLAG_FIELDS, LOWSTAT_FIELDS, RANGES_FIELDS, Component
from certify.models.lumisections_out import NOTHING_OUT, LumisectionsOut, lumisections_out
from oms.choices import RunType
from oms.verdict_facts import VERDICT_FACTS
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from certify.models import TrackerCertification
    from infrastructure.number_ranges import NumberRanges

_TYPES = [RunType.COLLISIONS.value, RunType.COSMICS.value, RunType.UNKNOWN.value]
_RECONSTRUCTIONS = list(Reconstruction.values)


@dataclass(frozen=True)
class ReportGroup:
    """The certifications under one heading of a report. B field in T, energy in GeV; None if unknown."""

    run_type: str
    reconstruction: str
    dataset: str
    b_field: float | None
    energy: float | None
    particles: str

    @cached_property
    def order(self) -> tuple[Any, ...]:
        """Collisions first, then express, prompt, rereco, rerecoul."""
        unknown_last = (-1.0 if self.b_field is None else self.b_field, -1.0 if self.energy is None else self.energy)
        by_word = (_TYPES.index(self.run_type), _RECONSTRUCTIONS.index(self.reconstruction), self.dataset)
        return (*by_word, self.particles, *unknown_last)

    @property
    def heading(self) -> str:
        """The heading, such as: prompt collisions 3.8 T PROTON 6500 GeV /PromptReco/Collisions2018A/DQM."""
        field = "" if self.b_field is None else f"{self.b_field:.1f} T"
        energy = "" if self.energy is None else f"{self.energy:g} GeV"
        parts = (self.reconstruction, self.run_type, field, self.particles, energy, self.dataset)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class FrozenFillFacts:
    """Values of the fill from OMS, as stored with a certification; None if OMS gave none.

    Luminosities in 1/pb, peak luminosity in 10^34 cm^-2 s^-1, efficiency in %.
    """

    delivered_lumi: float | None = None
    recorded_lumi: float | None = None
    efficiency_lumi: float | None = None
    peak_lumi: float | None = None
    peak_pileup: float | None = None
    bunches_colliding: int | None = None


@dataclass(frozen=True)
class ReportRow:
    """A certification in a report. Luminosity in 1/pb; None if unknown. `stale`: the facts that have changed since.

    `typed`: the facts that were typed by hand, as text. `day` is the shift day.
    `fill` and `read_at` (when OMS was read; empty if it was not) are as stored with it. `out`: the bad lumisections.
    """

    pk: int
    run_number: int
    group: ReportGroup
    reference: str
    flags: dict[str, str]
    low_statistics: frozenset[str]
    verdict: str
    has_trackermap: bool
    lumisections: int | None
    recorded_lumi: float | None
    comment: str
    shifter: str
    username: str
    day: date
    fill_number: int | None
    fill: FrozenFillFacts = FrozenFillFacts()
    read_at: str = ""
    stale: tuple[str, ...] = ()
    reason: str = ""
    like_express: bool = False
    typed: str = ""
    out: LumisectionsOut = NOTHING_OUT

    @property
    def reason_and_comment(self) -> str:
        """Reason and comment. The reason is left out if the comment already begins with it."""
        parts = [self.reason] if not self.comment.startswith(self.reason) else []
        return ": ".join(filter(None, [*parts, self.comment_text]))

    @property
    def comment_text(self) -> str:
        """The comment, marked if the flags were taken over from the express certification."""
        return "; ".join(filter(None, ["like express" if self.like_express else "", self.comment]))

    @property
    def ranges(self) -> dict[Component, NumberRanges]:
        """The bad lumisections of the components that have some."""
        return self.out.ranges

    def flag_text(self, component: str) -> str:
        """The flag of a component, marked if it has low statistics."""
        return f"{self.flags[component]}{' (low)' if component in self.low_statistics else ''}"


# The columns that a row needs and no others: loading whole rows with all stored facts takes six times as long.
_RUN_FACTS = ("fill_number", "b_field", "energy", "fill_type_party1")
_FILL_FACTS = tuple(fact.name for fact in fields(FrozenFillFacts))
_NO_RANGES = "[]"
_WHOLE_NUMBERS = {"fill_number", "bunches_colliding"}
_COLUMNS = (
    *(*FLAG_FIELDS, *LOWSTAT_FIELDS),
    *("pk", *VERDICT_FACTS, "verdict_word", "trackermap", "comment", "date", "stale", "like_express"),
    *("dataset__name", "bad_reason__name", "user__username", "user__first_name", "user__last_name"),
)
_ANNOTATIONS = {
    "run_number": F("runreconstruction__run_id"),
    "reconstruction": F("runreconstruction__reconstruction"),
    "reference_run": F("reference_runreconstruction__run_id"),
    "reference_reconstruction": F("reference_runreconstruction__reconstruction"),
    # As text: few rows have ranges, and parsing the JSON of all takes a fifth of the time.
    **{f"{name}_text": Cast(name, TextField()) for name in (*RANGES_FIELDS, "ranges_facts")},
    "read_at": KT("facts__read_at"),
    "typed": KT("facts__typed"),
    **{f"run_{name}": KT(f"facts__run__{name}") for name in _RUN_FACTS},
    **{f"fill_{name}": KT(f"facts__fill__{name}") for name in _FILL_FACTS},
}


def report_rows(rows: QuerySet[TrackerCertification]) -> list[ReportRow]:
    """The report rows of these certifications, newest run first: one query."""
    return sorted(
        map(_report_row, rows.order_by().values(*_COLUMNS, **_ANNOTATIONS)),
        key=lambda row: (-row.run_number, row.group.order),
    )


def grouped_rows(rows: Iterable[ReportRow]) -> list[tuple[ReportGroup, list[ReportRow]]]:
    """The rows by group, in the order of `ReportGroup.order`."""
    by_group: dict[ReportGroup, list[ReportRow]] = {}
    for row in rows:
        by_group.setdefault(row.group, []).append(row)
    return sorted(by_group.items(), key=lambda item: item[0].order)


def _report_row(row: dict[str, Any]) -> ReportRow:
    return ReportRow(
        pk=row["pk"],
        run_number=row["run_number"],
        group=_group(row),
        reference=f"{row['reference_run']} {row['reference_reconstruction']}",
        flags={component.value: row[component.flag_field] for component in Component},
        low_statistics=frozenset(component.value for component in Component if row[component.lowstat_field]),
        verdict=row["verdict_word"],
        has_trackermap=row["trackermap"] == TrackerMap.EXISTS,
        lumisections=row["lumisections"],
        recorded_lumi=row["recorded_lumi"],
        comment=row["comment"],
        shifter=_display_name(row["user__username"], row["user__first_name"], row["user__last_name"]),
        username=row["user__username"],
        day=row["date"],
        fill_number=_parsed_number("fill_number", row["run_fill_number"]),
        fill=_fill_facts(tuple(row[f"fill_{name}"] for name in _FILL_FACTS)),
        read_at=_none_if_null(row["read_at"]) or "",
        stale=tuple(format_changes(row["stale"])),
        reason=row["bad_reason__name"] or "",
        like_express=row["like_express"],
        out=_out(row),
        typed=_typed_text(_none_if_null(row["typed"]) or "{}"),
    )


def _out(row: dict[str, Any]) -> LumisectionsOut:
    if all(row[f"{name}_text"] == _NO_RANGES for name in RANGES_FIELDS):
        return NOTHING_OUT
    columns = {name: json.loads(row[f"{name}_text"]) for name in (*RANGES_FIELDS, "ranges_facts")}
    return lumisections_out(SimpleNamespace(**row, **columns))


def _none_if_null(text: Any) -> Any:
    """The text of a stored fact; SQLite returns an unknown one as the text "null"."""
    return None if text == "null" else text


def _parsed_number(name: str, text: Any) -> Any:
    """A number of the stored facts, which PostgreSQL returns as text."""
    if _none_if_null(text) is None:
        return None
    return int(float(text)) if name in _WHOLE_NUMBERS else float(text)


@lru_cache(maxsize=1024)
def _typed_text(stored: str) -> str:
    return typed_text(json.loads(stored))


# Thousands of rows share a fill, a group and a shifter.
@lru_cache(maxsize=1024)
def _fill_facts(facts: tuple[Any, ...]) -> FrozenFillFacts:
    return FrozenFillFacts(*(_parsed_number(name, text) for name, text in zip(_FILL_FACTS, facts, strict=True)))


@lru_cache(maxsize=1024)
def _display_name(username: str, first_name: str, last_name: str) -> str:
    return User(username=username, first_name=first_name, last_name=last_name).display_name


def _group(row: dict[str, Any]) -> ReportGroup:
    return _cached_group(
        row["run_type"],
        row["reconstruction"],
        row["dataset__name"] or "",
        row["run_b_field"],
        row["run_energy"],
        _none_if_null(row["run_fill_type_party1"]) or "",
    )


@lru_cache(maxsize=1024)
def _cached_group(
    run_type: str, reconstruction: str, dataset: str, b_field: Any, energy: Any, particles: str
) -> ReportGroup:
    field, gev = _parsed_number("b_field", b_field), _parsed_number("energy", energy)
    return ReportGroup(run_type, reconstruction, dataset, field, gev, particles)


def last_read_row(rows: Iterable[ReportRow]) -> ReportRow:
    """The certification that read OMS last, of at least one."""
    return max(rows, key=lambda row: (row.read_at, row.pk))


def row_of_each_run(rows: Iterable[ReportRow]) -> list[ReportRow]:
    """One certification per run, the one that read OMS last: for sums over reconstructions."""
    by_run: dict[int, list[ReportRow]] = {}
    for row in rows:
        by_run.setdefault(row.run_number, []).append(row)
    return [last_read_row(run_rows) for run_rows in by_run.values()]
