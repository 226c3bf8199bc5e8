"""How the backend, which is written in JavaScript, converts and compares what it is sent."""

from __future__ import annotations

import json
import math
from typing import Any

MISSING = object()


def text_of(value: Any) -> str:
    """Convert to text as in a template literal or as the key of an object."""
    if value is MISSING:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, list):
        return ",".join("" if item is None else text_of(item) for item in value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def is_truthy(value: Any) -> bool:
    """Return whether a condition holds for the value: empty objects and lists count, as opposed to Python."""
    return value is not MISSING and (isinstance(value, dict | list) or bool(value))


def number_of(value: Any) -> float:
    """Convert to a number: null is 0, and what is no number is NaN."""
    if value is None or value == "":
        return 0
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def is_greater(first: Any, second: Any) -> bool:
    """Compare with `>`: two texts as texts, so that "9" is greater than "10", else as numbers."""
    if isinstance(first, str) and isinstance(second, str):
        return first > second
    return number_of(first) > number_of(second)


def is_not_greater(first: Any, second: Any) -> bool:
    """Compare with `<=`, which is not the opposite of `>`: both are false where a number is NaN."""
    if isinstance(first, str) and isinstance(second, str):
        return first <= second
    return number_of(first) <= number_of(second)


def can_be_stored(value: Any) -> bool:
    """Return whether PostgreSQL stores the value as JSON: not with NUL characters or half surrogate pairs."""
    text = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
