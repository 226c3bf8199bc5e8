"""Parameters of parts that query Run Registry step by step: how far, and since when answers count."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_number(text: str) -> int:
    """The number; 0 for any other text, or if it is too large."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def parse_timestamp(text: str) -> datetime | None:
    """A time from milliseconds since 1970; None for any other text."""
    return (
        datetime.fromtimestamp(int(text) / 1000, UTC) if text.isascii() and text.isdigit() and len(text) < 14 else None
    )


def timestamp(moment: datetime) -> int:
    """The time as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)
