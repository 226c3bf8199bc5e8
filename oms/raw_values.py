"""Values as OMS sent them, in a form that every database stores: {value, unit} and, if it was left out, {problem}."""

from __future__ import annotations

from typing import Any

from infrastructure.http.values import short_text

_LARGEST_NUMBER = 2**63


def raw_value(value: Any, unit: str | None, problem: str) -> dict[str, Any]:
    """Return the entry of a value in `reported`. `problem` is empty for a value that is used."""
    entry = {"value": _storable(value) if problem else value, "unit": unit or ""}
    return entry | {"problem": problem} if problem else entry


def _storable(value: Any) -> Any:
    """Return a number or bool that JSON columns can store as it is, and anything else as short text."""
    if isinstance(value, int | float) and abs(value) < _LARGEST_NUMBER:  # not for NaN
        return value
    return short_text(value)
