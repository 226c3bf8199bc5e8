"""Values of OMS as displayed text: luminosities have three decimals and the unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.units import LUMI_UNITS, SUPERSCRIPTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNIT_LABELS = dict(LUMI_UNITS)


def lumi_text(value: float | None) -> str:
    """Format an integrated luminosity in 1/pb as /pb, or as /µb where /pb would be 0.000."""
    if value is None:
        return "not reported"
    return f"{value * 1e6:.3f} /µb" if 0 < abs(value) < 0.0005 else f"{value:.3f} /pb"


def inst_lumi_text(value: float | None) -> str:
    """Format an instantaneous luminosity in 10^34 cm^-2 s^-1 with the largest power of ten that shows its digits."""
    if value is None:
        return "not reported"
    power = 34
    while 0 < abs(value) < 0.0005 and power > 24:
        value, power = value * 1000, power - 3
    return f"{value:.3f} × 10{str(power).translate(SUPERSCRIPTS)} cm⁻² s⁻¹"


def as_typed_text(typed: Mapping[str, Any]) -> str:
    """Return a typed value as the person typed it, with the label of its unit if it has one: "7.9 1/fb"."""
    unit = typed.get("unit") or ""
    return f"{typed.get('as_typed') or typed.get('value') or ''} {_UNIT_LABELS.get(unit, unit)}".strip()
