"""Readers of the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = bool | int | float | str | list[str] | None
Row = dict[str, Value]

FOLDER = Path(__file__).parent
LUMISECTION_SECONDS = 23.31


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a tab-separated table by column name."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    for line in lines[1:]:
        yield dict(zip(columns, line.split("\t"), strict=True))


def value_of(text: str) -> Value:
    """Parse a field as None, a boolean, an integer, a float or text."""
    if not text:
        return None
    if text in ("True", "False"):
        return text == "True"
    for number_type in (int, float):
        try:
            return number_type(text)
        except ValueError:
            continue
    return text


def moment(text: str) -> datetime:
    """Parse a time in the format `YYYY-MM-DDTHH:MM:SSZ` (UTC)."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def as_text(time: datetime) -> str:
    """Format a time as `YYYY-MM-DDTHH:MM:SSZ`."""
    return time.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def seconds_later(text: str, seconds: float) -> str:
    """Return the time `seconds` after `text`."""
    return as_text(moment(text) + timedelta(seconds=seconds))


def seconds_between(start: Value, end: Value) -> int | None:
    """Return the whole seconds from start to end, or None if either is unknown."""
    if not isinstance(start, str) or not isinstance(end, str):
        return None
    return int((moment(end) - moment(start)).total_seconds())
