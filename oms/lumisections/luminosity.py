"""The luminosity recorded in each active lumisection (rules: "Lumisection ranges")."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from oms.lumisections import bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oms.lumisections.parsing import LumisectionRow

_ACTIVE = bits.NAMES.index("cms_active")


def recorded_lumis(rows: Sequence[LumisectionRow]) -> dict[int, float | None]:
    """Return {lumisection: luminosity recorded in it, 1/pb} of the active ones among the sorted `rows`.

    It is OMS's own figure, else the difference to the counter of the next lumisection. None is unknown: a figure or
    difference that is negative, a counter that is missing, or no next row.
    """
    following = {row.number: row for row in rows}
    return {
        row.number: _possible(_difference(row, following.get(row.number + 1)) if row.figure is None else row.figure)
        for row in rows
        if row.bits[_ACTIVE]
    }


def _possible(lumi: float | None) -> float | None:
    return lumi if lumi is not None and isfinite(lumi) and lumi >= 0 else None


def _difference(row: LumisectionRow, following: LumisectionRow | None) -> float | None:
    if following is None or row.counter is None or following.counter is None:
        return None
    return following.counter - row.counter
