"""Counts of lumisections and luminosities as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.formatting import at_least, lumi_in_column

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "unknown"


def lumi_text(lumi: float, unknown: int) -> str:
    """Return a recorded luminosity, 1/pb; `unknown`: the number of lumisections of which it is not known."""
    if unknown and not lumi:
        return UNKNOWN
    return at_least(lumi_in_column(lumi), is_partial=unknown > 0)


def lumi_words(lumi: float, unknown: int) -> str:
    """Return a recorded luminosity for a sentence: "0.500 /pb" or "unknown luminosity"."""
    text = lumi_text(lumi, unknown)
    return f"{text} luminosity" if text == UNKNOWN else text


def sum_text(total: Mapping[str, Any]) -> str:
    """Return the luminosity of a sum of a manifest (golden/manifest.py)."""
    return lumi_text(total["recorded_lumi"], total["unknown"])


def size_text(size: int) -> str:
    """Return a number of bytes, in kB from 1000 on."""
    return f"{size} bytes" if size < 1000 else f"{size / 1000:.0f} kB"


def count_text(number: int, noun: str) -> str:
    """Return a number with its noun: "1 run", "478 runs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
