"""What the lumisections of a run add up to: counts per bit, luminosity with the whole Tracker on, what is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.models.components import Component
from certify.rules.detector_bits import is_needed, ranges_off
from infrastructure.number_ranges import format_ranges
from oms.formatting import lumi_in_column, lumi_text
from oms.lumisections import bits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from certify.ranges.timeline import StatusSpan
    from oms.lumisections.segments import SegmentFacts

STABLE, ACTIVE = bits.NAMES.index("stable_beams"), bits.NAMES.index("cms_active")
FIRST_PARTITION = len(bits.NAMES) - len(bits.PARTITIONS)
LOW_SHARE = 0.9
SHORT_LABELS = {**bits.LABELS, "stable_beams": "Beams", "cms_active": "Active"}


@dataclass(frozen=True)
class RowCount:
    """The number of lumisections beside a row of the timeline. `is_low`: below 90 %."""

    label: str
    text: str
    is_low: bool = False


@dataclass(frozen=True)
class Summary:
    """`on` of `active` lumisections have the whole Tracker on. Luminosities in 1/pb, None if known of none.

    `unknown_lumis`: active lumisections whose luminosity is unknown.
    """

    on: int
    active: int
    on_lumi: float | None
    lumi: float | None
    unknown_lumis: int

    @property
    def lumi_text(self) -> str:
        """Return "76.900 of 78.200 /pb"; empty if no luminosity was recorded."""
        if not self.lumi:
            return ""
        total = lumi_text(self.lumi)
        part = lumi_text(self.on_lumi) if total.endswith("/µb") and self.on_lumi else lumi_in_column(self.on_lumi or 0)
        return f"{part.removesuffix(' /pb').removesuffix(' /µb')} of {total}"


def summarize(segments: Iterable[SegmentFacts]) -> Summary:
    """Return the summary of the active lumisections."""
    active = [segment for segment in segments if segment.bits[ACTIVE]]
    whole = [segment for segment in active if all(segment.bits[FIRST_PARTITION:])]
    return Summary(
        sum(map(len, whole)),
        sum(map(len, active)),
        _sum(whole),
        _sum(active),
        sum(segment.unknown_lumis for segment in active),
    )


def _sum(segments: Sequence[SegmentFacts]) -> float | None:
    known = [segment.recorded_lumi for segment in segments if segment.recorded_lumi is not None]
    return sum(known) if known else None


def off_ranges(segments: Sequence[SegmentFacts], in_run: Collection[str] | None) -> list[tuple[str, str]]:
    """Return (component, lumisections that drop out by its bits, as text): not active, or with a partition off.

    `in_run`: the detectors in the run, as OMS names them; empty or None if they are unknown. Others count as on.
    """
    return [(component.value, format_ranges(ranges_off(component, segments, in_run))) for component in Component]


def bit_counts(segments: Sequence[SegmentFacts], run_type: str, last: int) -> list[RowCount]:
    """Return a count for each bit, in the order of the timeline; `last` is the last lumisection of its axis.

    Stable beams are counted among the active lumisections. Partitions are counted among those of them with stable
    beams; of cosmics runs, and where there was no stable beam, among all active ones.
    """
    with_bits = [(len(segment), segment.bits) for segment in segments]
    active = [(number, values) for number, values in with_bits if values[ACTIVE]]
    judged = [(number, values) for number, values in active if is_needed(values, run_type)] or active
    counts = [
        _count(SHORT_LABELS["stable_beams"], STABLE, active),
        RowCount(SHORT_LABELS["cms_active"], f"{sum(number for number, _ in active)}/{last}"),
    ]
    partitions = [_count(SHORT_LABELS[name], place, judged) for place, name in enumerate(bits.NAMES)][FIRST_PARTITION:]
    return [RowCount(count.label, count.text) for count in counts] + partitions


def _count(label: str, place: int, judged: Sequence[tuple[int, bits.Bits]]) -> RowCount:
    total = sum(number for number, _ in judged)
    on = sum(number for number, values in judged if values[place])
    return RowCount(label, f"{on}/{total}", on < LOW_SHARE * total)


def status_count(label: str, ranges: Iterable[StatusSpan], last: int) -> RowCount:
    """Return the number of lumisections up to `last` that Run Registry calls bad, empty for none."""
    bad = sum(min(end, last) - first + 1 for first, end, status in ranges if status == "BAD" and first <= last)
    return RowCount(label, f"{bad} bad" if bad else "", bool(bad))
