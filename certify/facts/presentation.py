"""Facts of OMS as text for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from oms.choices import RunType, SourceKind
from oms.formatting import inst_lumi_text, lumi_text
from oms.forms import OmsFillForm, OmsRunForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oms.models import Source

_FORMS: dict[str, type[OmsRunForm | OmsFillForm]] = {"run": OmsRunForm, "fill": OmsFillForm}
_LABELS = {
    part: {name: str(field.label or name) for name, field in form.base_fields.items()} for part, form in _FORMS.items()
}
_LABELS["run"] |= {
    name: name.replace("_", " ").capitalize()
    for name in ("dataset", "start_time", "end_time", "duration", "stable_beam", "components")
}
_LABELS["run"]["hlt_key"] = "HLT key"
NOT_REPORTED = "not reported"
_INTEGRATED = ("recorded_lumi", "delivered_lumi")
_INSTANTANEOUS = ("init_lumi", "end_lumi", "peak_lumi")
# What cosmics do not have, unless OMS gives it: beams with their energy, luminosity and fill.
_OF_BEAMS = {
    *("energy", "fill_type_runtime", "stable_beam", "fill_number", "bunches_colliding"),
    *(*_INTEGRATED, *_INSTANTANEOUS, "peak_pileup"),
}


def has_fact(run_type: str, name: str, value: Any) -> bool:
    """Whether pages show this fact of a run of this type: for cosmics not those of beams that are null or 0."""
    return run_type != RunType.COSMICS or name not in _OF_BEAMS or bool(value)


def typed_by_text(source: Source) -> str:
    """Return who typed a value and when (UTC); empty if it is not typed."""
    if source.kind != SourceKind.TYPED:
        return ""
    return f"typed by {source.by}" + (f", {source.at:%Y-%m-%d %H:%M} UTC" if source.at else "")


def fact_label(name: str, part: str = "run") -> str:
    """Return the label of a fact as in the forms, without its unit. `part`: run or fill."""
    labels = (form_labels[name] for form_labels in (_LABELS[part], *_LABELS.values()) if name in form_labels)
    return next(labels, name.replace("_", " ")).split(" (")[0]


def label_in_sentence(name: str, part: str = "run") -> str:
    """Return the label of a fact as in a sentence: "recorded luminosity", but "HLT key" and "B field"."""
    label = fact_label(name, part)
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def typed_text(typed: Mapping[str, Mapping[str, Any]] | None) -> str:
    """Return which facts are typed, from those stored by part (run, fill): "typed: lumisections"; empty if none is."""
    labels = dict.fromkeys(label_in_sentence(name, part) for part, facts in (typed or {}).items() for name in facts)
    return f"typed: {', '.join(labels)}" if labels else ""


def filled_text(names: Iterable[str]) -> str:
    """Return which facts were filled in later, of a run or "fill energy"; those that no page shows are counted."""
    parts = [(name.removeprefix("fill "), "fill" if name.startswith("fill ") else "run") for name in names]
    shown = [(name, part) for name, part in parts if name in _LABELS[part]]
    labels = list(dict.fromkeys(label_in_sentence(name, part) for name, part in shown))
    others = len(parts) - len(shown)
    return ", ".join([*labels, *([f"{others} more {'value' if others == 1 else 'values'}"] if others else [])])


def duration_text(seconds: float) -> str:
    """Format a duration: 2 h 05 min, 12 min 30 s, 45 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_of_hour = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_of_hour:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def luminosities_like(name: str, *rows: Mapping[str, Any]) -> list[float | None]:
    """Return the luminosities of the same quantity as `name`; none if it is no luminosity.

    `rows`: the facts that the page shows, and no others.
    """
    quantity = next((names for names in (_INTEGRATED, _INSTANTANEOUS) if name in names), ())
    return [row.get(other) for row in rows for other in quantity]


def fact_text(name: str, value: Any, unit: str = "", beside: Iterable[float | None] = ()) -> str:
    """Format a fact with its unit: luminosities with three decimals, times in UTC, lists separated by spaces.

    `beside`: the luminosities of the same quantity that the page shows; the largest decides the power of ten.
    """
    if value in (None, ""):
        return NOT_REPORTED
    return f"{_value_text(name, value, beside)} {unit}".rstrip()


def _value_text(name: str, value: Any, beside: Iterable[float | None]) -> str:
    if name == "duration":
        return duration_text(value)
    if name.endswith("_lumi"):
        return lumi_text(value, beside) if name in _INTEGRATED else inst_lumi_text(value, beside)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)
