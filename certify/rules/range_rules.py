"""What ranges of bad lumisections leave of a run: the rules `ranges_most`, `range_tracking`, and their price.

Pure functions over a `CertificationEntry`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.models.lumisections_out import known_lumi
from certify.rules.detector_bits import detectors_in_run, ranges_off
from infrastructure.number_ranges import common_ranges, count_numbers, format_ranges, merged_ranges, ranges_without
from oms.choices import RunType
from oms.formatting import at_least, lumi_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from certify.models.components import Component, ComponentFlag
    from certify.rules.entry import CertificationEntry
    from infrastructure.number_ranges import NumberRange, NumberRanges
    from oms.lumisections.segments import SegmentFacts

LEAST_SHARE_LEFT = 0.5


def range_issues(entry: CertificationEntry) -> Iterator[tuple[str, str]]:
    """Yield (field, sentence) of ranges that are refused."""
    last = entry.lumisections
    if last is None and entry.segments:  # as of an import from a file of lumisections
        last = entry.segments[-1].last
    for flag in entry.component_flags.values():
        if flag.ranges:
            yield from ((flag.component.ranges_field, sentence) for sentence in range_refusals(flag, last))
    with_ranges = [flag.component.label for flag in entry.component_flags.values() if flag.ranges and flag.is_good]
    if with_ranges and not entry.has_reason and not entry.has_comment:
        yield (
            "comment",
            f"Bad lumisections in {' and '.join(with_ranges)} need a reason or a comment. Say what was seen.",
        )


def range_refusals(flag: ComponentFlag, last: int | None) -> Iterator[str]:
    """Yield why the ranges of a component are refused. `last`: the last lumisection of the run, None if unknown."""
    name = flag.component.label
    if not flag.is_good:
        yield f"{name} is {flag.flag} in the whole run, so it has no ranges. Remove the ranges, or call it good."
    elif merged_ranges(flag.ranges) != list(flag.ranges):
        yield f"Ranges of {name} overlap or touch. Write each lumisection once."
    elif last is None:
        yield "The last lumisection of the run is not known. Type the number of lumisections beside the facts."
    elif beyond := [span for span in flag.ranges if span[1] > last]:  # as they were typed
        verb = "go" if beyond[1:] else "goes"
        yield f"{format_ranges(beyond)} {verb} beyond the last lumisection, {last}. Correct the range."


def accepted_ranges(flag: ComponentFlag, last: int | None) -> NumberRanges:
    """Return the ranges of a component; none while they are refused."""
    return () if any(range_refusals(flag, last)) else flag.ranges


@dataclass(frozen=True)
class RangesLeft:
    """What the ranges of a component leave of the lumisections in which it was on.

    Luminosity in 1/pb, as far as it is known, or None. `unknown_on` and `unknown_left`: the number of lumisections
    whose luminosity is unknown.
    """

    component: Component
    on: int
    left: int
    lumi_on: float | None
    lumi_left: float | None
    unknown_on: int = 0
    unknown_left: int = 0

    @property
    def is_less_than_half(self) -> bool:
        """Whether less than half is left: of the luminosity if it is known of all, else of the lumisections."""
        if self.lumi_on and not self.unknown_on:
            return (self.lumi_left or 0) < LEAST_SHARE_LEFT * self.lumi_on
        return self.left < LEAST_SHARE_LEFT * self.on

    @property
    def sentence(self) -> str:
        """What is left, and what bad would discard."""
        name = self.component.label
        lumi = f", {_lumi_text(self.lumi_left, self.unknown_left)}" if self.lumi_left else ""
        if not self.left:
            return f"The ranges leave no lumisection in which {name} was on. Call it bad unless the ranges are wrong."
        return (
            f"The ranges leave {self.left} of {self.on} lumisections in which {name} was on. Bad would also discard "
            f"the other {self.left} lumisections{lumi}. Keep good with ranges unless these are bad too."
        )


def ranges_left(component: Component, entry: CertificationEntry) -> RangesLeft:
    """Count what the ranges leave, in luminosity where it is known; of cosmics in lumisections."""
    ranges = entry.component_flags[component].ranges
    on = _lumisections_on(component, entry)
    left = ranges_without(on, ranges)
    lumis = entry.lumis if entry.run_type != RunType.COSMICS else ()
    (lumi_on, unknown_on), (lumi_left, unknown_left) = (
        known_lumi(entry.segments, lumis, spans) for spans in (on, left)
    )
    return RangesLeft(component, count_numbers(on), count_numbers(left), lumi_on, lumi_left, unknown_on, unknown_left)


def _lumi_text(lumi: float, unknown: int) -> str:
    """Return "1.200 /pb", or "at least 1.200 /pb" where luminosities are unknown."""
    return at_least(lumi_text(lumi), is_partial=unknown > 0)


def _lumisections_on(component: Component, entry: CertificationEntry) -> list[NumberRange]:
    """Return the active lumisections in which each partition was on, of the detectors that were in the run.

    None if no detector was; all lumisections of the run where they have not been read.
    """
    if not entry.segments:
        return [(1, entry.lumisections)] if entry.lumisections else []
    detectors = detectors_in_run([component], entry)
    names = ["cms_active", *(name for detector in detectors for name in detector.declaration.partitions)]
    on = (segment for segment in entry.segments if detectors and all(segment.bit(name) for name in names))
    return merged_ranges(_spans(on))


def _spans(segments: Iterable[SegmentFacts]) -> list[NumberRange]:
    return [(segment.first, segment.last) for segment in segments]


def unshared_ranges(entry: CertificationEntry) -> dict[Component, list[NumberRange]]:
    """Return the lumisections that are bad in what good tracks require, and not in their own ranges."""
    accepted = {row: accepted_ranges(flag, entry.lumisections) for row, flag in entry.component_flags.items()}
    missing = {}
    for component, flag in entry.component_flags.items():
        required = [item.component for item in component.declaration.prerequisites if item.is_required]
        spans = [span for other in required for span in accepted.get(other, ())]
        if flag.is_good and (rest := ranges_without(spans, flag.ranges)):
            missing[component] = rest
    return missing


@dataclass(frozen=True)
class RangesPrice:
    """What ranges cost, before saving: lumisections and luminosity (1/pb, None if unknown) that are out.

    `unknown_out`: the number of lumisections that are out and whose luminosity is unknown. `is_cosmics`: the run has no
    luminosity. `off`: those of the lumisections that drop out anyway, since the detector was off.
    """

    out: int
    lumi_out: float | None
    lumi: float | None
    unknown_out: int = 0
    is_cosmics: bool = False
    off: int = 0

    @property
    def out_text(self) -> str:
        """Return "15 LS, 1.200 /pb"."""
        return f"{self.out} LS" + ("" if self.lumi_out is None else f", {_lumi_text(self.lumi_out, self.unknown_out)}")

    @property
    def text(self) -> str:
        """Return "out: 15 LS, 1.200 /pb of 78.200 /pb; 11 of them off anyway; whole run bad: 78.200 /pb"."""
        off = f"; {off_text(self.off)}" if self.off else ""
        if self.lumi_out is None or not self.lumi:
            return f"out: {self.out} LS" + ("" if self.is_cosmics else ", luminosity not known yet") + off
        whole = lumi_text(self.lumi)
        return f"out: {self.out_text} of {whole}{off}; whole run bad: {whole}"


def off_text(off: int) -> str:
    """Return "11 of them off anyway", as beside the timeline."""
    return f"{off} of them off anyway"


def count_off(component: Component, entry: CertificationEntry, ranges: Iterable[NumberRange]) -> int:
    """Count the lumisections of these ranges that drop out by the bits of the component."""
    return count_numbers(common_ranges(ranges, ranges_off(component, entry.segments, entry.components)))


def ranges_price(
    entry: CertificationEntry, ranges: Iterable[NumberRange], component: Component | None = None
) -> RangesPrice:
    """Return what these ranges cost in the run of the entry. Those that are off are counted for a component alone."""
    in_run = common_ranges(ranges, [(1, entry.lumisections)]) if entry.lumisections else merged_ranges(ranges)
    out = known_lumi(entry.segments, entry.lumis, in_run)
    return RangesPrice(
        count_numbers(in_run),
        out.lumi,
        entry.recorded_lumi,
        out.unknown,
        is_cosmics=entry.run_type == RunType.COSMICS,
        off=count_off(component, entry, in_run) if component else 0,
    )


def price_text(component: Component, ranges: Mapping[Component, NumberRanges], entry: CertificationEntry) -> str:
    """Return what the ranges of a component cost, and those of all components together where that is more."""
    if component.counts_for(entry.run_type) is False:
        return f"{component.label} does not count for {entry.run_type}: nothing is out."
    own = ranges_price(entry, ranges[component], component)
    counting = [row for row in ranges if row.counts_for(entry.run_type) is not False]
    together = ranges_price(entry, [span for row in counting for span in ranges[row]])
    return own.text if together.out == own.out else f"{own.text}. All components: {together.out_text}"
