"""Reading the world's tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

Value = bool | int | float | str | list[str] | None
Row = dict[str, Value]

FOLDER = Path(__file__).parent
LUMISECTION_SECONDS = 23.31


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """The lines of a tab separated table, by column name."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    for line in lines[1:]:
        yield dict(zip(columns, line.split("\t"), strict=True))


def value_of(text: str) -> Value:
    """What a field says: nothing, yes or no, a whole number, a number, or the text."""
    if not text:
        return None
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def moment(text: str) -> datetime:
    """The time of `YYYY-MM-DDTHH:MM:SSZ` (UTC)."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def as_text(time: datetime) -> str:
    """The other way."""
    return time.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def seconds_later(text: str, seconds: float) -> str:
    """The time that many seconds after `text`."""
    return as_text(moment(text) + timedelta(seconds=seconds))


def seconds_between(start: Value, end: Value) -> int | None:
    """Whole seconds from start to end, None when either is not known."""
    if not isinstance(start, str) or not isinstance(end, str):
        return None
    return int((moment(end) - moment(start)).total_seconds())
