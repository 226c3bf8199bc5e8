"""Sentences and links that the weekly report shares with the page of the week."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from infrastructure.web.links import link_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.fill_statistics import FillLumi

_LUMI = (
    "Values of the fill as OMS gave them when its runs were certified; “certified” is what the certified collision "
    "runs recorded, each once."
)
_EXCESS = (
    "Certified can be a little more than recorded: OMS counts a fill from the beginning of stable beams to their end, "
    "a run in whole lumisections."
)


def lumi_explanation(shown: Iterable[FillLumi]) -> str:
    """Explains the luminosities (1/pb) of these fills, and, if it occurs, why certified exceeds recorded."""
    has_excess = any(fill.certified > (fill.facts.recorded_lumi or math.inf) for fill in shown)
    return f"{_LUMI} {_EXCESS}" if has_excess else _LUMI


def fill_url(number: int | None) -> str:
    """URL of the fill in OMS; empty without a fill or without `LINK_OMS_FILL`."""
    return link_address("oms_fill", fill=number)
