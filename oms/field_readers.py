"""Readers of single OMS attributes: check the type and reject values that the database cannot store.

Each reader takes (value, unit, attribute name) and raises `UnreadableValue`. A null value is handled by the caller and
never passed to a reader.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from oms import units
from oms.unreadable import UnreadableValue

INT_32 = 2**31 - 1
INT_64 = 2**63 - 1
_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def number(value: Any, _unit: str | None, attribute: str) -> float:
    """Return a finite number. OMS sends both 6369 and 6369.0 for the same attribute."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableValue(attribute, "not a number")
    try:
        as_float = float(value)
    except OverflowError:
        as_float = math.inf
    if not math.isfinite(as_float):
        raise UnreadableValue(attribute, "not a finite number")
    return as_float


def _bounded_integer(value: Any, attribute: str, limit: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnreadableValue(attribute, "not a whole number")
    if abs(value) > limit:
        raise UnreadableValue(attribute, "too large")
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
        raise UnreadableValue(attribute, "neither true nor false")
    return value


def text(value: Any, _unit: str | None, attribute: str) -> str:
    """Return a string without NUL characters and lone surrogates, which PostgreSQL rejects."""
    if not isinstance(value, str):
        raise UnreadableValue(attribute, "not a text")
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def names(value: Any, _unit: str | None, attribute: str) -> list[str]:
    """Return a list of strings."""
    if not isinstance(value, list):
        raise UnreadableValue(attribute, "not a list of names")
    return [text(name, None, attribute) for name in value]


def time(value: Any, _unit: str | None, attribute: str) -> datetime:
    """Return an ISO 8601 time as UTC. A time without a zone is UTC, as everywhere in OMS. A date alone is no time."""
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise UnreadableValue(attribute, "not a date with a time")
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableValue(attribute, "not a date with a time") from None


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
