"""The lumisections that are out: in a range of a component that counts for the verdict, with their luminosity."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from certify.models.components import Component, component_flags_of
from infrastructure.number_ranges import NumberRanges, count_numbers, merged_ranges
from oms.formatting import lumi_in_column
from oms.lumisections.mirror import stored_reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certify.models.components import ComponentFlag
    from oms.lumisections.models import LumisectionReading

ALL = "all"  # key of the luminosity in the ranges of all components that count


@dataclass(frozen=True)
class LumisectionsOut:
    """The lumisections that are out of a certification, which is good without them.

    `lumis`: recorded luminosity, 1/pb, in the ranges of each component and of all that count; None if unknown.
    `last`: the number of lumisections of the run, None if unknown.
    """

    ranges: dict[Component, NumberRanges]
    counting: NumberRanges
    lumis: dict[str, float | None] = field(default_factory=dict)
    last: int | None = None

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def count(self) -> int:
        return count_numbers(self.counting)

    @property
    def text(self) -> str:
        """Return "15 of 655 LS and 1.200 /pb out"; empty if none is out."""
        if not self.counting:
            return ""
        whole = f" of {self.last}" if self.last else ""
        return f"{self.count}{whole} LS{_lumi_text(' and ', self.lumis.get(ALL))} out"

    def component_text(self, component: Component) -> str:
        """Return "21 LS and 2.700 /pb out" for one component; empty if it has no ranges."""
        if component not in self.ranges:
            return ""
        return f"{count_numbers(self.ranges[component])} LS{_lumi_text(' and ', self.lumis.get(component))} out"


def _lumi_text(before: str, lumi: float | None) -> str:
    return f"{before}{lumi_in_column(lumi)}" if lumi else ""


def lumisections_out(row: Any, facts: dict[str, Any] | None = None) -> LumisectionsOut:
    """Return what is out, from a row with the columns of a certification; with other `ranges_facts` if given."""
    return LumisectionsOut(
        ranges={flag.component: flag.ranges for flag in component_flags_of(row) if flag.ranges},
        counting=counting_ranges(row.run_type, component_flags_of(row)),
        lumis=(row.ranges_facts if facts is None else facts).get("lumis", {}),
        last=row.lumisections,
    )


def counting_ranges(run_type: str, component_flags: Iterable[ComponentFlag]) -> NumberRanges:
    """Return the ranges of the components that count, or may count, for the verdict, as one list."""
    counting = (flag for flag in component_flags if flag.component.counts_for(run_type) is not False)
    return tuple(merged_ranges(span for flag in counting for span in flag.ranges))


def ranges_facts(run_number: int, run_type: str, component_flags: Sequence[ComponentFlag]) -> dict[str, Any]:
    """Return what OMS says of the lumisections in the ranges: `lumis`, and `digest`; empty without ranges.

    `digest` is None while the lumisections of the run have not been read. Two queries where there are ranges.
    """
    if not any(flag.ranges for flag in component_flags):
        return {}
    reading = stored_reading(run_number)
    by_name = {flag.component.value: flag.ranges for flag in component_flags if flag.ranges}
    by_name[ALL] = counting_ranges(run_type, component_flags)
    lumis = {name: lumi_within(reading.lumis, ranges) if reading else None for name, ranges in by_name.items()}
    everything = merged_ranges(span for flag in component_flags for span in flag.ranges)
    return {"lumis": lumis, "digest": _digest(reading, everything) if reading else None}


def lumi_within(lumis: Sequence[float | None], ranges: Iterable[tuple[int, int]]) -> float | None:
    """Return the luminosity, 1/pb, in these lumisections; None if it is known of none. `lumis[0]` is of the first."""
    known = [lumi for first, last in ranges for lumi in lumis[first - 1 : last] if lumi is not None]
    return sum(known) if known else None


def _digest(reading: LumisectionReading, ranges: Iterable[tuple[int, int]]) -> str:
    """Return a digest of the bits and luminosities of these lumisections."""
    segments = [segment.facts for segment in reading.segments.all()]
    within = [
        (max(first, segment.first), min(last, segment.last), segment.bits)
        for first, last in ranges
        for segment in segments
        if segment.first <= last and first <= segment.last
    ]
    lumis = [reading.lumis[first - 1 : last] for first, last in ranges]
    return sha256(repr((within, lumis)).encode()).hexdigest()
