"""Conversion of units, applied once, where a value enters the application.

Integrated luminosity is stored in 1/pb, instantaneous luminosity in 10^34 cm^-2 s^-1, energy in GeV, field in T.
Factors are exact decimals, so a value that is already in the stored unit is unchanged to the last bit.
"""

from __future__ import annotations

import re
from decimal import Decimal

from oms.unreadable import UnreadableValue

PB = "pb^{-1}"
INST_34 = "10^{34}cm^{-2}s^{-1}"
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

# The value of each unit in 1/pb. 1/fb is larger than 1/pb: 1/fb = 1000/pb.
_LUMI_FACTORS = {
    "fb^{-1}": Decimal(1000),
    PB: Decimal(1),
    "nb^{-1}": Decimal("1e-3"),
    "{\\mu}b^{-1}": Decimal("1e-6"),
    "mb^{-1}": Decimal("1e-9"),
}
_INST_EXPONENTS = range(34, 23, -1)

# Choices of the forms: (spelling of OMS, label).
LUMI_UNITS = [("fb^{-1}", "1/fb"), (PB, "1/pb"), ("nb^{-1}", "1/nb"), ("{\\mu}b^{-1}", "1/µb"), ("mb^{-1}", "1/mb")]
INST_LUMI_UNITS = [
    (f"10^{{{power}}}cm^{{-2}}s^{{-1}}", f"10{str(power).translate(SUPERSCRIPTS)} cm⁻²s⁻¹") for power in _INST_EXPONENTS
]

_ENERGY_FACTORS = {"GeV": Decimal(1), "TeV": Decimal(1000)}
_FIELD_FACTORS = {"T": Decimal(1)}
_FROM_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_LUMI_SPELLING = re.compile(r"(?:(?:1/|/)([fpnum]?)b|([fpnum]?)b(?:\^-1|-1))")
_INST_SPELLING = re.compile(r"10\^([1-9]\d?)cm\^-2s\^-1")


class UnknownUnit(UnreadableValue):
    """A value has no unit or one that cannot be converted."""

    def __init__(self, attribute: str, unit: str | None) -> None:
        super().__init__(attribute, "unknown unit" if unit else "no unit")
        self.unit = unit


def _normalised(unit: str) -> str:
    """Return the unit without spaces, braces, superscripts and variants of micro: `{\\mu}b^{-1}` becomes `ub^-1`."""
    unit = re.sub(r"[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda raised: "^" + raised[0].translate(_FROM_SUPERSCRIPTS), unit)
    for micro in ("\\mu", "µ", "μ"):
        unit = unit.replace(micro, "u")
    return re.sub(r"[\s{}*]", "", unit)


def lumi_unit(text: str) -> str | None:
    """Return the unit of integrated luminosity that `text` spells, in the spelling of OMS, or None."""
    match = _LUMI_SPELLING.fullmatch(_normalised(text))
    if match is None:
        return None
    prefix = match[1] or match[2] or ""
    return {"u": "{\\mu}b^{-1}"}.get(prefix, f"{prefix}b^{{-1}}") if prefix else None


def inst_lumi_unit(text: str) -> str | None:
    """Return the unit of instantaneous luminosity that `text` spells, in the spelling of OMS, or None."""
    match = _INST_SPELLING.fullmatch(_normalised(text))
    if match is None or int(match[1]) not in _INST_EXPONENTS:
        return None
    return f"10^{{{match[1]}}}cm^{{-2}}s^{{-1}}"


def _inst_factor(unit: str) -> Decimal:
    return Decimal(1).scaleb(int(unit[4:6]) - 34)


def _multiplied(value: float, factor: Decimal) -> float:
    """Return the product, rounded once, or the value itself if the factor is 1."""
    return float(value) if factor == 1 else float(Decimal(repr(value)) * factor)


def _is_convertible(attribute: str, value: float, unit: str | None, known: str | None) -> bool:
    """Return whether the unit is known. Raises `UnknownUnit`, except for 0 without a unit, which is 0 in any unit."""
    if known is None and not (value == 0 and not unit):
        raise UnknownUnit(attribute, unit)
    return known is not None


def in_inverse_pb(value: float, unit: str | None, attribute: str) -> float:
    """Return an integrated luminosity in 1/pb. 0 without a unit is 0. Raises `UnknownUnit`."""
    known = lumi_unit(unit or "")
    return _multiplied(value, _LUMI_FACTORS[known]) if _is_convertible(attribute, value, unit, known) and known else 0.0


def in_1e34(value: float, unit: str | None, attribute: str) -> float:
    """Return an instantaneous luminosity in 10^34 cm^-2 s^-1. 0 without a unit is 0. Raises `UnknownUnit`."""
    known = inst_lumi_unit(unit or "")
    return _multiplied(value, _inst_factor(known)) if _is_convertible(attribute, value, unit, known) and known else 0.0


def in_gev(value: float, unit: str | None, attribute: str) -> float:
    """Return an energy per beam in GeV. A value without a unit is in GeV, as in OMS. Raises `UnknownUnit`."""
    return _converted(_ENERGY_FACTORS, value, unit or "GeV", attribute)


def in_tesla(value: float, unit: str | None, attribute: str) -> float:
    """Return a magnetic field in T. A value without a unit is in T, as in OMS. Raises `UnknownUnit`."""
    return _converted(_FIELD_FACTORS, value, unit or "T", attribute)


def _converted(factors: dict[str, Decimal], value: float, unit: str, attribute: str) -> float:
    if unit not in factors:
        raise UnknownUnit(attribute, unit)
    return _multiplied(value, factors[unit])
