"""Facts of OMS as text for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from oms.choices import SourceKind
from oms.formatting import inst_lumi_text, lumi_text

if TYPE_CHECKING:
    from oms.models import Source

NOT_REPORTED = "not reported"


def typed_by_text(source: Source) -> str:
    """Return who typed a value and when (UTC); empty if it is not typed."""
    if source.kind != SourceKind.TYPED:
        return ""
    return f"typed by {source.by}" + (f", {source.at:%Y-%m-%d %H:%M} UTC" if source.at else "")


def fact_text(name: str, value: Any, unit: str = "") -> str:
    """Format a fact with its unit: luminosities with three decimals, times in UTC, lists separated by spaces."""
    if value in (None, ""):
        return NOT_REPORTED
    return f"{_value_text(name, value)} {unit}".rstrip()


def _value_text(name: str, value: Any) -> str:
    if name.endswith("_lumi"):
        return lumi_text(value) if name in ("recorded_lumi", "delivered_lumi") else inst_lumi_text(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)
