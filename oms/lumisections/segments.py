"""Segments: consecutive lumisections whose bits are equal, with the luminosity recorded in them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from oms.lumisections.bits import NAMES
from oms.lumisections.luminosity import recorded_lumis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oms.lumisections.bits import Bit, Bits
    from oms.lumisections.parsing import LumisectionRow


@dataclass(frozen=True)
class SegmentFacts:
    """Lumisections `first` to `last`, both included, with equal `bits` (in the order of `bits.NAMES`).

    `recorded_lumi`: 1/pb, the sum over its active lumisections of which it is known; None if it is known of none.
    `unknown_lumis`: the number of its active lumisections whose luminosity is unknown.
    """

    first: int
    last: int
    bits: Bits
    recorded_lumi: float | None
    unknown_lumis: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def bit(self, name: str) -> Bit:
        """Return a bit by its name in `bits.NAMES`."""
        return self.bits[NAMES.index(name)]


def segments_of(rows: Sequence[LumisectionRow]) -> list[SegmentFacts]:
    """Return the segments of sorted rows. Where numbers are skipped, a segment ends."""
    lumis = recorded_lumis(rows)
    # The difference of number and place is the same within consecutive numbers.
    groups = groupby(enumerate(rows), key=lambda placed: (placed[1].number - placed[0], placed[1].bits))
    return [_segment([row for _, row in group], lumis) for _, group in groups]


def _segment(rows: list[LumisectionRow], lumis: dict[int, float | None]) -> SegmentFacts:
    active = [lumis[row.number] for row in rows if row.number in lumis]
    known = [lumi for lumi in active if lumi is not None]
    recorded = sum(known) if known else None
    return SegmentFacts(rows[0].number, rows[-1].number, rows[0].bits, recorded, len(active) - len(known))
