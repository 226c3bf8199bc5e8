"""Values of OMS as displayed text: luminosities have three decimals and the unit.

A luminosity on its own has the unit that shows its digits. Those of one table or line have one unit, so that they can
be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.units import LUMI_UNITS, SUPERSCRIPTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNIT_LABELS = dict(LUMI_UNITS)

_LEAST_SHOWN = 0.0005


def lumi_text(value: float | None) -> str:
    """Format an integrated luminosity in 1/pb as /pb, or as /µb where /pb would be 0.000."""
    if value is None:
        return "not reported"
    return f"{value * 1e6:.3f} /µb" if 0 < abs(value) < _LEAST_SHOWN else f"{value:.3f} /pb"


def inst_lumi_text(value: float | None) -> str:
    """Format an instantaneous luminosity in 10^34 cm^-2 s^-1 with the largest power of ten that shows its digits."""
    if value is None:
        return "not reported"
    power = 34
    while 0 < abs(value) < _LEAST_SHOWN and power > 24:
        value, power = value * 1000, power - 3
    return f"{value:.3f} × 10{str(power).translate(SUPERSCRIPTS)} cm⁻² s⁻¹"


def as_typed_text(typed: Mapping[str, Any]) -> str:
    """Return a typed value as the person typed it, with the label of its unit if it has one: "7.9 1/fb"."""
    unit = typed.get("unit") or ""
    return f"{typed.get('as_typed') or typed.get('value') or ''} {_UNIT_LABELS.get(unit, unit)}".strip()


def lumi_in_column(value: float | None) -> str:
    """Format an integrated luminosity in 1/pb as /pb, whatever its size; one that would be 0.000 as below 0.001."""
    return "not reported" if value is None else f"{_in_column(value)} /pb"


def inst_lumi_in_column(value: float | None) -> str:
    """Format an instantaneous luminosity in 10^34 cm^-2 s^-1, whatever its size; tiny ones as `lumi_in_column`."""
    return "not reported" if value is None else f"{_in_column(value)} × 10³⁴ cm⁻² s⁻¹"


def _in_column(value: float) -> str:
    return "<0.001" if 0 < value < _LEAST_SHOWN else f"{value:.3f}"
