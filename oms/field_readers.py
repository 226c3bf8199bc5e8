"""Readers of single OMS attributes: check the type and reject values that the database cannot store.

Each reader takes (value, unit, attribute name) and raises `WrongShape` with the attribute's name. A null value is
handled by the caller and never passed to a reader.
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
    """Return the error for an attribute whose value cannot be read."""
    return WrongShape(OMS, key=attribute)


def number(value: Any, _unit: str | None, attribute: str) -> float:
    """Return a finite number. OMS sends both 6369 and 6369.0 for the same attribute."""
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
    """Return a signed 32-bit integer. Negative values are allowed (OMS has negative bunch counts)."""
    return _bounded_integer(value, attribute, INT_32)


def counter(value: Any, _unit: str | None, attribute: str) -> int:
    """Return a signed 64-bit integer. OMS sends some as a float, such as 7224070.0."""
    return _bounded_integer(value, attribute, INT_64)


def flag(value: Any, _unit: str | None, attribute: str) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise wrong_shape(attribute)
    return value


def text(value: Any, _unit: str | None, attribute: str) -> str:
    """Return a string without NUL characters and lone surrogates, which PostgreSQL rejects."""
    if not isinstance(value, str):
        raise wrong_shape(attribute)
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def names(value: Any, _unit: str | None, attribute: str) -> list[str]:
    """Return a list of strings."""
    if not isinstance(value, list):
        raise wrong_shape(attribute)
    return [text(name, None, attribute) for name in value]


def time(value: Any, _unit: str | None, attribute: str) -> datetime:
    """Return an ISO 8601 time as UTC. A time without a zone is UTC, as everywhere in OMS."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise wrong_shape(attribute) from None


def lumi(value: Any, unit: str | None, attribute: str) -> float:
    """Return an integrated luminosity in 1/pb. Raises `UnknownUnit`."""
    return units.in_inverse_pb(number(value, unit, attribute), unit, attribute)


def inst_lumi(value: Any, unit: str | None, attribute: str) -> float:
    """Return an instantaneous luminosity in 10^34 cm^-2 s^-1. Raises `UnknownUnit`."""
    return units.in_1e34(number(value, unit, attribute), unit, attribute)


def energy(value: Any, unit: str | None, attribute: str) -> float:
    """Return an energy per beam in GeV. Raises `UnknownUnit`."""
    return units.in_gev(number(value, unit, attribute), unit, attribute)


def b_field(value: Any, unit: str | None, attribute: str) -> float:
    """Return a magnetic field in T. Raises `UnknownUnit`."""
    return units.in_tesla(number(value, unit, attribute), unit, attribute)
