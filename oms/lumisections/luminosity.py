"""The luminosity recorded in each active lumisection (rules: "Lumisection ranges")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.lumisections import bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oms.lumisections.parsing import LumisectionRow

_ACTIVE = bits.NAMES.index("cms_active")


def recorded_lumis(rows: Sequence[LumisectionRow]) -> dict[int, float | None]:
    """Return {lumisection: luminosity recorded in it, 1/pb} of the active ones among the sorted `rows`.

    It is OMS's own figure, else the difference to the counter of the next lumisection. None is unknown: a counter that
    is missing or falls, or no next row.
    """
    following = {row.number: row for row in rows}
    return {
        row.number: row.figure if row.figure is not None else _difference(row, following.get(row.number + 1))
        for row in rows
        if row.bits[_ACTIVE]
    }


def _difference(row: LumisectionRow, following: LumisectionRow | None) -> float | None:
    if following is None or row.counter is None or following.counter is None or following.counter < row.counter:
        return None
    return following.counter - row.counter
