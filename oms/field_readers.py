"""Readers of single values of OMS: the type is checked, and what the database could not hold is refused.

Each takes (value, unit, attribute name) and raises `WrongShape` naming the attribute. None never reaches a reader.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from infrastructure.http.errors import WrongShape
from oms import units
from oms.service import OMS

INT_32 = 2**31 - 1
INT_64 = 2**63 - 1


def wrong_shape(attribute: str) -> WrongShape:
    return WrongShape(OMS, key=attribute)


def number(value: Any, _unit: str | None, attribute: str) -> float:
    """A finite number; OMS writes 6369 and 6369.0 for the same attribute."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_shape(attribute)
    try:
        as_float = float(value)
    except OverflowError:
        raise wrong_shape(attribute) from None
    if not math.isfinite(as_float):
        raise wrong_shape(attribute)
    return as_float


def _bounded_integer(value: Any, attribute: str, limit: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > limit:
        raise wrong_shape(attribute)
    return value


def integer(value: Any, _unit: str | None, attribute: str) -> int:
    """A whole number of 32 bits, negative ones too (OMS had negative bunch counts)."""
    return _bounded_integer(value, attribute, INT_32)


def counter(value: Any, _unit: str | None, attribute: str) -> int:
    """A whole number of 64 bits; OMS writes some as 7224070.0."""
    return _bounded_integer(value, attribute, INT_64)


def flag(value: Any, _unit: str | None, attribute: str) -> bool:
    if not isinstance(value, bool):
        raise wrong_shape(attribute)
    return value


def text(value: Any, _unit: str | None, attribute: str) -> str:
    """A text without NUL characters, which PostgreSQL refuses."""
    if not isinstance(value, str):
        raise wrong_shape(attribute)
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def names(value: Any, _unit: str | None, attribute: str) -> list[str]:
    if not isinstance(value, list):
        raise wrong_shape(attribute)
    return [text(name, None, attribute) for name in value]


def time(value: Any, _unit: str | None, attribute: str) -> datetime:
    """An ISO time; one without a zone is UTC, as all of OMS is."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise wrong_shape(attribute) from None


def lumi(value: Any, unit: str | None, attribute: str) -> float:
    """Integrated luminosity in 1/pb."""
    return units.in_inverse_pb(number(value, unit, attribute), unit, attribute)


def inst_lumi(value: Any, unit: str | None, attribute: str) -> float:
    """Instantaneous luminosity in 10^34 cm^-2 s^-1."""
    return units.in_1e34(number(value, unit, attribute), unit, attribute)


def energy(value: Any, unit: str | None, attribute: str) -> float:
    """GeV per beam."""
    return units.in_gev(number(value, unit, attribute), unit, attribute)


def b_field(value: Any, unit: str | None, attribute: str) -> float:
    """T."""
    return units.in_tesla(number(value, unit, attribute), unit, attribute)
