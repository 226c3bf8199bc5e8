"""Values of OMS as displayed text: luminosities have three decimals and the unit.

A luminosity on its own has the unit that shows its digits. Those of one table, line or page have one unit, so that they
can be compared: that of the largest (`beside`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.units import LUMI_UNITS, SUPERSCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_UNIT_LABELS = dict(LUMI_UNITS)

_LEAST_SHOWN = 0.0005


def lumi_text(value: float | None, beside: Iterable[float | None] = ()) -> str:
    """Format an integrated luminosity in 1/pb as /pb, or as /µb where /pb would be 0.000.

    `beside`: the luminosities shown with it; the largest of all decides the unit.
    """
    if value is None:
        return "not reported"
    is_small = 0 < _largest(value, beside) < _LEAST_SHOWN
    return f"{_in_column(value * 1e6)} /µb" if is_small else lumi_in_column(value)


def inst_lumi_text(value: float | None, beside: Iterable[float | None] = ()) -> str:
    """Format an instantaneous luminosity in 10^34 cm^-2 s^-1 with the largest power of ten that shows its digits.

    `beside`: the luminosities shown with it; the largest of all decides the power.
    """
    if value is None:
        return "not reported"
    largest, power = _largest(value, beside), 34
    while 0 < largest < _LEAST_SHOWN and power > 24:
        value, largest, power = value * 1000, largest * 1000, power - 3
    return f"{_in_column(value)} × 10{str(power).translate(SUPERSCRIPTS)} cm⁻² s⁻¹"


def _largest(value: float, beside: Iterable[float | None]) -> float:
    return max(abs(each) for each in (value, *beside) if each is not None)


def as_typed_text(typed: Mapping[str, Any]) -> str:
    """Return a typed value as the person typed it, with the label of its unit if it has one: "7.9 1/fb"."""
    unit = typed.get("unit") or ""
    return f"{typed.get('as_typed') or typed.get('value') or ''} {_UNIT_LABELS.get(unit, unit)}".strip()


def lumi_in_column(value: float | None) -> str:
    """Format an integrated luminosity in 1/pb as /pb, whatever its size; one that would be 0.000 as below 0.001."""
    return "not reported" if value is None else f"{_in_column(value)} /pb"


def at_least(text: str, *, is_partial: bool) -> str:
    """Return "at least 1.200 /pb" for the sum of values of which some are unknown, else the text itself."""
    return f"at least {text}" if is_partial else text


def inst_lumi_in_column(value: float | None) -> str:
    """Format an instantaneous luminosity in 10^34 cm^-2 s^-1, whatever its size; tiny ones as `lumi_in_column`."""
    return "not reported" if value is None else f"{_in_column(value)} × 10³⁴ cm⁻² s⁻¹"


def _in_column(value: float) -> str:
    if value == 0 or abs(value) >= _LEAST_SHOWN:
        return f"{value + 0.0:.3f}"  # -0.0 + 0.0 is 0.0
    return "<0.001" if value > 0 else ">-0.001"
