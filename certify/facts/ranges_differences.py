"""What OMS says of the lumisections in the ranges of a certification, compared with what it said at the save.

The facts are those of `certify.models.lumisections_out.ranges_facts`. Pure functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.models.components import Component
from certify.rules.fact_comparison import SINCE_CERTIFIED
from oms.formatting import at_least, lumi_in_column

if TYPE_CHECKING:
    from collections.abc import Iterator

RANGES_LUMI, RANGES_BITS = "ranges", "ranges_bits"
RANGES_LABELS = {
    RANGES_LUMI: "luminosity of bad lumisections",
    RANGES_BITS: "detector bits of bad lumisections",
}


def ranges_differences(was: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    """Return {fact, was, now}, as texts, for luminosity and bits that differ. What was missing is no change."""
    return [*_lumi_differences(was, now), *_bits_differences(was, now)] if was and now else []


def _lumi_differences(was: dict[str, Any], now: dict[str, Any]) -> Iterator[dict[str, Any]]:
    differing = [name for name in Component if name in now["lumis"] and _lumi_differs(name, was, now)]
    if differing:
        before, after = ("; ".join(_lumi_text(name, facts) for name in differing) for facts in (was, now))
        yield {"fact": RANGES_LUMI, "was": before, "now": after}


def _lumi_differs(name: str, was: dict[str, Any], now: dict[str, Any]) -> bool:
    return SINCE_CERTIFIED.differ("recorded_lumi", _whole_lumi(was, name), _whole_lumi(now, name))


def _lumi_text(component: Component, facts: dict[str, Any]) -> str:
    lumi, is_partial = facts["lumis"][component], bool(_unknown_lumis(facts, component))
    text = "unknown" if lumi is None else at_least(lumi_in_column(lumi), is_partial=is_partial)
    return f"{component.label} {text}"


def _bits_differences(was: dict[str, Any], now: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if SINCE_CERTIFIED.differ("digest", was.get("digest"), now["digest"]):
        other = "different" if now["digest"] else "not given for all of them"
        yield {"fact": RANGES_BITS, "was": "as certified", "now": other}


def filled_facts(was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of the save, with those of now where OMS had not given them, or not for all lumisections."""
    if not now:
        return was
    filled: dict[str, Any] = {"lumis": {}, "unknown_lumis": {}, "digest": was.get("digest") or now["digest"]}
    for name in now["lumis"]:
        source = now if _whole_lumi(was, name) is None else was
        filled["lumis"][name] = source["lumis"][name]
        filled["unknown_lumis"][name] = _unknown_lumis(source, name)
    return filled


def _whole_lumi(facts: dict[str, Any], name: str) -> float | None:
    """Return the luminosity in the ranges of a component, 1/pb; None unless it is known of all their lumisections."""
    return None if _unknown_lumis(facts, name) else facts.get("lumis", {}).get(name)


def _unknown_lumis(facts: dict[str, Any], name: str) -> int:
    return int(facts.get("unknown_lumis", {}).get(name, 0))
