"""The lumisections that are out: in a range of a component that counts for the verdict, with their luminosity.

Here is the wording of what is out, which every page, report and export takes from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from certify.models.choices import Verdict
from certify.models.components import FLAG_COLUMNS, Component, component_flags_of
from certify.models.verdict import verdict
from infrastructure.number_ranges import NumberRanges, count_numbers, format_ranges, merged_ranges
from oms.formatting import lumi_in_column
from oms.lumisections.mirror import stored_reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certify.models.components import ComponentFlag
    from oms.lumisections.models import LumisectionReading

# The columns of a certification that say what is out of it, for queries.
OUT_COLUMNS = (*FLAG_COLUMNS, "run_type", "lumisections", "ranges_facts")
ALL = "all"  # key of the luminosity in the ranges of all components that count


@dataclass(frozen=True)
class LumisectionsOut:
    """The lumisections that are out of a certification, which is good without them.

    `counting`: the lumisections in the ranges of the components that count for the verdict, `counting_components`;
    empty if the verdict is bad, which discards the whole run. `lumis`: recorded luminosity, 1/pb, in the ranges of each
    component and of all that count; None if unknown. `last`: the number of lumisections of the run, None if unknown.
    """

    ranges: dict[Component, NumberRanges] = field(default_factory=dict)
    counting: NumberRanges = ()
    counting_components: tuple[Component, ...] = ()
    lumis: dict[str, float | None] = field(default_factory=dict)
    last: int | None = None

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def count(self) -> int:
        return count_numbers(self.counting)

    @property
    def lumi(self) -> float | None:
        """Recorded luminosity, 1/pb, of the lumisections that are out; None if unknown."""
        return self.lumis.get(ALL) if self.counting else 0.0

    @property
    def text(self) -> str:
        """Return "15 of 655 LS and 1.200 /pb out"; empty if none is out."""
        if not self.counting:
            return ""
        whole = f" of {self.last}" if self.last else ""
        return f"{self.count}{whole} LS{_lumi_text(' and ', self.lumi)} out"

    @property
    def short_text(self) -> str:
        """Return "15 LS out", for places that list many runs; empty if none is out."""
        return f"{self.count} LS out" if self.counting else ""

    @property
    def text_with_ranges(self) -> str:
        """Return "15 of 655 LS and 1.200 /pb out (Strip 310-324)"; empty if none is out."""
        named = (f"{component.label} {format_ranges(self.ranges[component])}" for component in self.counting_components)
        return f"{self.text} ({'; '.join(named)})" if self.text else ""

    def component_text(self, component: Component) -> str:
        """Return "21 LS and 2.700 /pb out" for one component; empty if it has no ranges."""
        if component not in self.ranges:
            return ""
        return f"{count_numbers(self.ranges[component])} LS{_lumi_text(' and ', self.lumis.get(component))} out"

    def component_text_with_ranges(self, component: Component) -> str:
        """Return "310-330: 21 LS and 2.700 /pb out" for one component; empty if it has no ranges."""
        text = self.component_text(component)
        return f"{format_ranges(self.ranges[component])}: {text}" if text else ""


NOTHING_OUT = LumisectionsOut()


def sum_out_text(lumisections: int, lumi: float, runs: int) -> str:
    """Return "12 LS, 1.200 /pb in 3 runs": what is out of several runs; empty if no run has any."""
    return f"{lumisections} LS{_lumi_text(', ', lumi)} in {runs} run{'s' if runs > 1 else ''}" if runs else ""


def _lumi_text(before: str, lumi: float | None) -> str:
    return f"{before}{lumi_in_column(lumi)}" if lumi else ""


def lumisections_out(row: Any, facts: dict[str, Any] | None = None) -> LumisectionsOut:
    """Return what is out, from a row with the columns of a certification; with other `ranges_facts` if given."""
    flags = component_flags_of(row)
    ranges = {flag.component: flag.ranges for flag in flags if flag.ranges}
    if not ranges:
        return NOTHING_OUT
    is_bad = verdict(row.run_type, flags) == Verdict.BAD
    return LumisectionsOut(
        ranges=ranges,
        counting=() if is_bad else counting_ranges(row.run_type, flags),
        counting_components=tuple(component for component in ranges if component.counts_for(row.run_type) is not False),
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
