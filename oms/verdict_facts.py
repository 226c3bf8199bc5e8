"""The facts of a run that the verdict of a certification rests on: the only list of them."""

from __future__ import annotations

from typing import Any

VERDICT_FACTS = ("run_type", "lumisections", "recorded_lumi")


def verdict_facts(row: object) -> dict[str, Any]:
    """Them by name, of a run, of a certification or of an entry: `recorded_lumi` in 1/pb, None where not known."""
    return {name: getattr(row, name) for name in VERDICT_FACTS}
