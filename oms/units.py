"""Units of luminosity, converted once, where a value enters.

Integrated luminosity is kept in 1/pb, instantaneous in 10^34 cm^-2 s^-1, energy in GeV, field in T. Factors are exact
decimals, so that a value that OMS gives in our unit comes out bit for bit as it went in.
"""

from __future__ import annotations

import re
from decimal import Decimal

from infrastructure.http.errors import WrongShape
from oms.service import OMS

PB = "pb^{-1}"
INST_34 = "10^{34}cm^{-2}s^{-1}"
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

# 1 of each in 1/pb. 1/fb is the larger luminosity: 1/fb = 1000/pb.
_LUMI_FACTORS = {
    "fb^{-1}": Decimal(1000),
    PB: Decimal(1),
    "nb^{-1}": Decimal("1e-3"),
    "{\\mu}b^{-1}": Decimal("1e-6"),
    "mb^{-1}": Decimal("1e-9"),
}
_INST_EXPONENTS = range(34, 23, -1)

# What a form offers: (as OMS writes it, as people read it).
LUMI_UNITS = [("fb^{-1}", "1/fb"), (PB, "1/pb"), ("nb^{-1}", "1/nb"), ("{\\mu}b^{-1}", "1/µb"), ("mb^{-1}", "1/mb")]
INST_LUMI_UNITS = [
    (f"10^{{{power}}}cm^{{-2}}s^{{-1}}", f"10{str(power).translate(SUPERSCRIPTS)} cm⁻²s⁻¹") for power in _INST_EXPONENTS
]

_ENERGY_FACTORS = {"GeV": Decimal(1), "TeV": Decimal(1000)}
_FIELD_FACTORS = {"T": Decimal(1)}
_FROM_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_LUMI_SPELLING = re.compile(r"(?:(?:1/|/)([fpnum]?)b|([fpnum]?)b(?:\^-1|-1))")
_INST_SPELLING = re.compile(r"10\^([1-9]\d?)cm\^-2s\^-1")


class UnknownUnit(WrongShape):
    """A value in a unit that we cannot convert, or in none; `key` names the attribute and the unit."""

    def __init__(self, attribute: str, unit: str | None) -> None:
        super().__init__(
            OMS, key=f"{attribute} in an unknown unit, {unit!r}" if unit else f"{attribute} without a unit"
        )
        self.attribute = attribute
        self.unit = unit


def _normalised(unit: str) -> str:
    """The unit without spaces, braces, raised figures and the ways to write micro: `{\\mu}b^{-1}` is `ub^-1`."""
    unit = re.sub(r"[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda raised: "^" + raised[0].translate(_FROM_SUPERSCRIPTS), unit)
    for micro in ("\\mu", "µ", "μ"):
        unit = unit.replace(micro, "u")
    return re.sub(r"[\s{}*]", "", unit)


def lumi_unit(text: str) -> str | None:
    """The offered integrated unit that `text` means, in OMS's spelling; None when it is not one."""
    match = _LUMI_SPELLING.fullmatch(_normalised(text))
    if match is None:
        return None
    prefix = match[1] or match[2] or ""
    return {"u": "{\\mu}b^{-1}"}.get(prefix, f"{prefix}b^{{-1}}") if prefix else None


def inst_lumi_unit(text: str) -> str | None:
    """The offered instantaneous unit that `text` means, in OMS's spelling; None when it is not one."""
    match = _INST_SPELLING.fullmatch(_normalised(text))
    if match is None or int(match[1]) not in _INST_EXPONENTS:
        return None
    return f"10^{{{match[1]}}}cm^{{-2}}s^{{-1}}"


def _inst_factor(unit: str) -> Decimal:
    return Decimal(1).scaleb(int(unit[4:6]) - 34)


def _multiplied(value: float, factor: Decimal) -> float:
    """The product, rounded once; unchanged when the factor is 1."""
    return float(value) if factor == 1 else float(Decimal(repr(value)) * factor)


def _is_convertible(attribute: str, value: float, unit: str | None, known: str | None) -> bool:
    """Whether there is something to convert. Nothing without a unit is nothing in every unit."""
    if known is None and not (value == 0 and not unit):
        raise UnknownUnit(attribute, unit)
    return known is not None


def in_inverse_pb(value: float, unit: str | None, attribute: str) -> float:
    """An integrated luminosity in 1/pb. Raises `UnknownUnit`; a 0 without a unit is 0."""
    known = lumi_unit(unit or "")
    return _multiplied(value, _LUMI_FACTORS[known]) if _is_convertible(attribute, value, unit, known) and known else 0.0


def in_1e34(value: float, unit: str | None, attribute: str) -> float:
    """An instantaneous luminosity in 10^34 cm^-2 s^-1. Raises `UnknownUnit`; a 0 without a unit is 0."""
    known = inst_lumi_unit(unit or "")
    return _multiplied(value, _inst_factor(known)) if _is_convertible(attribute, value, unit, known) and known else 0.0


def in_gev(value: float, unit: str | None, attribute: str) -> float:
    """An energy per beam in GeV; OMS always means GeV when it names no unit. Raises `UnknownUnit`."""
    return _converted(_ENERGY_FACTORS, value, unit or "GeV", attribute)


def in_tesla(value: float, unit: str | None, attribute: str) -> float:
    """A magnetic field in T; OMS always means T when it names no unit. Raises `UnknownUnit`."""
    return _converted(_FIELD_FACTORS, value, unit or "T", attribute)


def _converted(factors: dict[str, Decimal], value: float, unit: str, attribute: str) -> float:
    if unit not in factors:
        raise UnknownUnit(attribute, unit)
    return _multiplied(value, factors[unit])
