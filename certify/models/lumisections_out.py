"""The lumisections that are out: in a range of a component that counts for the verdict, with their luminosity.

Here is the wording of what is out, which every page, report and export takes from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from certify.models.choices import Verdict
from certify.models.components import FLAG_COLUMNS, Component, component_flags_of
from certify.models.verdict import verdict
from infrastructure.number_ranges import (
    NumberRanges,
    common_ranges,
    count_numbers,
    format_ranges,
    merged_ranges,
    ranges_without,
)
from oms.formatting import at_least, lumi_in_column
from oms.lumisections.mirror import stored_reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certify.models.components import ComponentFlag
    from infrastructure.number_ranges import NumberRange
    from oms.lumisections.segments import SegmentFacts

# The columns of a certification that say what is out of it, for queries.
OUT_COLUMNS = (*FLAG_COLUMNS, "run_type", "lumisections", "ranges_facts")
ALL = "all"  # key of the luminosity in the ranges of all components that count


@dataclass(frozen=True)
class LumisectionsOut:
    """The lumisections that are out of a certification, which is good without them.

    `counting`: the lumisections in the ranges of the components that count for the verdict, `counting_components`;
    empty if the verdict is bad, which discards the whole run. `lumis`: recorded luminosity, 1/pb, in the ranges of each
    component and of all that count, as far as it is known; None if it is known of none. `unknown_lumis`: the number of
    lumisections in them whose luminosity is unknown. `last`: the number of lumisections of the run, None if unknown.
    """

    ranges: dict[Component, NumberRanges] = field(default_factory=dict)
    counting: NumberRanges = ()
    counting_components: tuple[Component, ...] = ()
    lumis: dict[str, float | None] = field(default_factory=dict)
    last: int | None = None
    unknown_lumis: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def count(self) -> int:
        return count_numbers(self.counting)

    @property
    def lumi(self) -> float | None:
        """Recorded luminosity, 1/pb, of the lumisections that are out, as far as it is known (`is_lumi_partial`)."""
        return self.lumis.get(ALL) if self.counting else 0.0

    @property
    def is_lumi_partial(self) -> bool:
        """Whether the luminosity of a lumisection that is out is unknown, so that `lumi` is the least it can be."""
        return bool(self.counting and self.unknown_lumis.get(ALL))

    @property
    def whole_lumi(self) -> float | None:
        """Recorded luminosity, 1/pb, of the lumisections that are out; None unless it is known of all."""
        return None if self.is_lumi_partial else self.lumi

    @property
    def text(self) -> str:
        """Return "15 of 655 LS and 1.200 /pb out (Strip, Tracking)"; empty if none is out."""
        return self._named(component.label for component in self.counting_components)

    @property
    def figures(self) -> str:
        """Return "15 of 655 LS and 1.200 /pb", or "and at least 1.200 /pb"; empty if none is out."""
        if not self.counting:
            return ""
        whole = f" of {self.last}" if self.last else ""
        return f"{self.count}{whole} LS{_lumi_text(' and ', self.lumi, self.is_lumi_partial)}"

    @property
    def short_text(self) -> str:
        """Return "15 LS out", for places that list many runs; empty if none is out."""
        return f"{self.count} LS out" if self.counting else ""

    @property
    def text_with_ranges(self) -> str:
        """Return "15 of 655 LS and 1.200 /pb out (Strip 310-324)"; empty if none is out."""
        ranges = (
            f"{component.label} {format_ranges(self.ranges[component])}" for component in self.counting_components
        )
        return self._named(ranges, separator="; ")

    def _named(self, components: Iterable[str], separator: str = ", ") -> str:
        return f"{self.figures} out ({separator.join(components)})" if self.counting else ""

    def component_text(self, component: Component) -> str:
        """Return "21 LS and 2.700 /pb out" for one component; empty if it has no ranges."""
        if component not in self.ranges:
            return ""
        lumi = _lumi_text(" and ", self.lumis.get(component), bool(self.unknown_lumis.get(component)))
        return f"{count_numbers(self.ranges[component])} LS{lumi} out"

    def component_text_with_ranges(self, component: Component) -> str:
        """Return "310-330: 21 LS and 2.700 /pb out" for one component; empty if it has no ranges."""
        text = self.component_text(component)
        return f"{format_ranges(self.ranges[component])}: {text}" if text else ""


NOTHING_OUT = LumisectionsOut()


def sum_out_text(lumisections: int, lumi: float, runs: int, *, is_partial: bool = False) -> str:
    """Return "12 LS, 1.200 /pb in 3 runs": what is out of several runs; empty if no run has any.

    `is_partial`: the luminosity of a lumisection is unknown.
    """
    text = f"{lumisections} LS{_lumi_text(', ', lumi, is_partial)} in {runs} run{'s' if runs > 1 else ''}"
    return text if runs else ""


def _lumi_text(before: str, lumi: float | None, is_partial: bool) -> str:
    return f"{before}{at_least(lumi_in_column(lumi), is_partial=is_partial)}" if lumi else ""


def lumisections_out(row: Any) -> LumisectionsOut:
    """Return what is out, from a row with the columns of a certification."""
    flags = component_flags_of(row)
    ranges = {flag.component: flag.ranges for flag in flags if flag.ranges}
    if not ranges:
        return NOTHING_OUT
    is_bad = verdict(row.run_type, flags) == Verdict.BAD
    return LumisectionsOut(
        ranges=ranges,
        counting=() if is_bad else counting_ranges(row.run_type, flags),
        counting_components=tuple(component for component in ranges if component.counts_for(row.run_type) is not False),
        lumis=row.ranges_facts.get("lumis", {}),
        last=row.lumisections,
        unknown_lumis=row.ranges_facts.get("unknown_lumis", {}),
    )


def counting_ranges(run_type: str, component_flags: Iterable[ComponentFlag]) -> NumberRanges:
    """Return the ranges of the components that count, or may count, for the verdict, as one list."""
    counting = (flag for flag in component_flags if flag.component.counts_for(run_type) is not False)
    return tuple(merged_ranges(span for flag in counting for span in flag.ranges))


def ranges_facts(run_number: int, run_type: str, component_flags: Sequence[ComponentFlag]) -> dict[str, Any]:
    """Return what OMS says of the lumisections in the ranges; empty without ranges, else two queries.

    `lumis` and `unknown_lumis` as in `LumisectionsOut`; `digest`: of the detector bits in all ranges, None while OMS
    has not given each of these lumisections.
    """
    by_name = {flag.component.value: list(flag.ranges) for flag in component_flags if flag.ranges}
    if not by_name:
        return {}
    everything = merged_ranges(span for ranges in by_name.values() for span in ranges)
    by_name[ALL] = list(counting_ranges(run_type, component_flags))
    reading = stored_reading(run_number)
    segments = [segment.facts for segment in reading.segments.all()] if reading else []
    lumis = reading.lumis if reading else []
    known = {name: known_lumi(segments, lumis, ranges) for name, ranges in by_name.items()}
    return {
        "lumis": {name: value.lumi for name, value in known.items()},
        "unknown_lumis": {name: value.unknown for name, value in known.items()},
        "digest": _digest(segments, everything),
    }


class KnownLumi(NamedTuple):
    """The luminosity recorded in lumisections, 1/pb, as far as it is known; None if it is known of none.

    `unknown`: the number of lumisections whose luminosity is unknown.
    """

    lumi: float | None
    unknown: int


def known_lumi(
    segments: Sequence[SegmentFacts], lumis: Sequence[float | None], ranges: Sequence[NumberRange]
) -> KnownLumi:
    """Return the luminosity recorded in these lumisections; none is in those in which CMS was not active.

    `lumis[0]` is of the first lumisection of the run.
    """
    inactive = [(segment.first, segment.last) for segment in segments if segment.bit("cms_active") is False]
    known = [lumi for first, last in ranges for lumi in lumis[first - 1 : last] if lumi is not None]
    unknown = count_numbers(ranges_without(ranges, inactive)) - len(known)
    return KnownLumi(sum(known) if known or not unknown else None, unknown)


def _digest(segments: Sequence[SegmentFacts], ranges: Sequence[NumberRange]) -> str | None:
    """Return a digest of the bits of these lumisections; None if one of them has no row."""
    if ranges_without(ranges, [(segment.first, segment.last) for segment in segments]):
        return None
    spans = [(segment, common_ranges(ranges, [(segment.first, segment.last)])) for segment in segments]
    within = [(first, last, segment.bits) for segment, parts in spans for first, last in parts]
    return sha256(repr(within).encode()).hexdigest()
