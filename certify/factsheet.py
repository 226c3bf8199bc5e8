"""The facts of a run as lines for the page: value, unit, source, and an input where a value can be typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import BoundField

from certify.desk import Desk
from certify.facts import may_be_typed
from certify.options import Option, options_of
from oms.choices import RunType, SourceKind
from oms.models import MirrorOfOms, OmsFill, Source
from oms.words import inst_lumi_text, lumi_text

NOT_REPORTED = "not reported"
_WIDE = {"hlt_key", "components"}


@dataclass(frozen=True)
class FactLine:
    """One fact. `field` and `unit_field` are inputs in its place where it is missing or typed."""

    label: str
    text: str
    unit: str = ""
    source: Source | None = None
    field: BoundField | None = None
    unit_field: BoundField | None = None
    is_wide: bool = False
    needed: str = ""

    @property
    def css(self) -> str:
        """CSS classes of a line that takes the whole width, or has nothing to say."""
        return (" fact-wide" if self.is_wide else "") + (" fact-none" if self.text == NOT_REPORTED else "")

    @property
    def unit_options(self) -> list[Option]:
        """The units to choose from."""
        return options_of(self.unit_field) if self.unit_field is not None else []

    @property
    def errors(self) -> list[str]:
        """What is wrong with the typed value or its unit."""
        return [str(error) for one in (self.field, self.unit_field) if one is not None for error in one.errors]

    @property
    def is_offer(self) -> bool:
        """Whether typing is only offered: the source answered and left the value out."""
        answered = self.source is not None and self.source.kind == SourceKind.NONE and self.source.at is not None
        return answered and self.field is not None and not self.field.value() and not self.errors

    @property
    def mark(self) -> str:
        """Who typed the value, where somebody did."""
        return f"typed by {self.source.by}" if self.source and self.source.kind == SourceKind.TYPED else ""


@dataclass(frozen=True)
class FactGroup:
    """Facts that stand together under one heading."""

    title: str
    lines: list[FactLine]


def fact_groups(desk: Desk) -> list[FactGroup]:
    """Run, luminosity and fill of the desk."""
    run, fill = desk.run, desk.run.fill or OmsFill()
    of_run = [("Type", "run_type", ""), ("B field", "b_field", "T"), ("Energy", "energy", "GeV")]
    of_run += [("Lumisections", "lumisections", ""), ("Particles", "fill_type_runtime", "")]
    of_run += [("Began", "start_time", "UTC"), ("Ended", "end_time", "UTC"), ("Sequence", "sequence", "")]
    of_run += [("HLT key", "hlt_key", ""), ("Detectors", "components", "")]
    of_lumi = [("Recorded", "recorded_lumi", ""), ("Delivered", "delivered_lumi", "")]
    of_lumi += [("Initial", "init_lumi", ""), ("End", "end_lumi", "")]
    of_fill = [
        ("Era", "era", ""),
        ("Particles", "fill_type_runtime", ""),
        ("Colliding", "bunches_colliding", "bunches"),
    ]
    of_fill += [("Initial", "init_lumi", ""), ("Peak", "peak_lumi", ""), ("Peak pile-up", "peak_pileup", "")]
    number = _line(run, desk.fill_form, "Number", "fill_number", "")
    return [
        FactGroup("Run", [_line(run, desk.run_form, *one) for one in of_run]),
        FactGroup("Luminosity", [_line(run, desk.run_form, *one) for one in of_lumi]),
        FactGroup("Fill", [number, *(_line(fill, desk.fill_form, *one) for one in of_fill)]),
    ]


def _line(row: MirrorOfOms, form: Any, label: str, name: str, unit: str) -> FactLine:
    source = row.source_of(name)
    can_be_typed = name in form.fields and may_be_typed(row, name)
    return FactLine(
        label=label,
        text=fact_text(name, getattr(row, name), unit),
        unit=unit,
        is_wide=name in _WIDE,
        needed=_needed(row, form, name),
        source=source,
        field=form[name] if can_be_typed else None,
        unit_field=form[f"{name}_unit"] if can_be_typed and f"{name}_unit" in form.fields else None,
    )


def _needed(row: MirrorOfOms, form: Any, name: str) -> str:
    """Whether the value must be typed: always, only if the run turns out to be collisions, or not ("")."""
    if name in form.fields and form.fields[name].required:
        return "needed"
    is_unanswered = row.fetched_at is None and getattr(row, "run_type", "") == RunType.UNKNOWN
    return "needed for collisions" if is_unanswered and name in ("fill_number", "energy", "recorded_lumi") else ""


def fact_text(name: str, value: Any, unit: str = "") -> str:
    """A fact for people: with its unit, luminosities with three decimals, times as UTC, names in words."""
    if value in (None, ""):
        return NOT_REPORTED
    return f"{_value_text(name, value)} {unit}".rstrip()


def _value_text(name: str, value: Any) -> str:
    if name.endswith("_lumi"):
        return lumi_text(value) if name in ("recorded_lumi", "delivered_lumi") else inst_lumi_text(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)
