"""How often a detector was off while it was needed, by the bits of OMS (rules: `dcs`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.models.components import Component
from infrastructure.number_ranges import merged_ranges
from oms.choices import RunType
from oms.formatting import at_least, lumi_text
from oms.lumisections import bits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from certify.rules.entry import CertificationEntry
    from infrastructure.number_ranges import NumberRange
    from oms.lumisections.bits import Bits
    from oms.lumisections.segments import SegmentFacts

_STABLE, _ACTIVE = bits.NAMES.index("stable_beams"), bits.NAMES.index("cms_active")
# The shares of the needed lumisections above which a confirmation is required.
MAX_OFF_IN_COLLISIONS = 0.1
MAX_OFF_IN_COSMICS = 0.5


@dataclass(frozen=True)
class TimesOff:
    """In `off` of `needed` lumisections a partition of the detector was off.

    Needed are the active ones with stable beams; of cosmics, all active ones. `rest_lumi`: recorded in the others,
    1/pb, as far as it is known; None if it is known of none. `rest_unknown`: the number of those without luminosity.
    """

    detector: Component
    run_type: str
    needed: int
    off: int
    rest_lumi: float | None
    rest_unknown: int = 0

    @property
    def is_much(self) -> bool:
        """Whether the component can be called good only after a confirmation."""
        limit = MAX_OFF_IN_COSMICS if self.run_type == RunType.COSMICS else MAX_OFF_IN_COLLISIONS
        return self.off > limit * self.needed

    @property
    def sentence(self) -> str:
        """What was off, and what is left to judge."""
        return f"{self._off_text}; they drop out by the detector bits. {self._rest_text()}"

    @property
    def confirmed_sentence(self) -> str:
        """What was off, and what was judged, after it was confirmed."""
        rest = self.needed - self.off
        judged = f"the other {rest} {'was' if rest == 1 else 'were'} judged" if rest else "none was left to judge"
        return f"{self._off_text}; {judged}."

    @property
    def _off_text(self) -> str:
        which = "active lumisections" if self.run_type == RunType.COSMICS else "lumisections with stable beams"
        return f"{self.detector.label} was off in {self.off} of {self.needed} {which}"

    def _rest_text(self) -> str:
        rest = self.needed - self.off
        lumi = f" ({at_least(lumi_text(self.rest_lumi), is_partial=self.rest_unknown > 0)})" if self.rest_lumi else ""
        return f"Judge the other {rest}{lumi}." if rest else "None is left to judge."


def detectors_of(components: Collection[Component]) -> list[Component]:
    """Return the components with partitions on which these components rest, in their order.

    A component without partitions of its own, such as tracks, rests on all of them.
    """
    if any(not component.declaration.partitions for component in components):
        components = tuple(Component)
    return [component for component in components if component.declaration.partitions]


def judged_components(entry: CertificationEntry) -> list[Component]:
    """Return the components that are good without low statistics."""
    return [component for component, flag in entry.component_flags.items() if flag.is_good and not flag.lowstat]


def needs_lumisections(entry: CertificationEntry) -> bool:
    """Whether the lumisections of the run can require a confirmation: a good component rests on a detector in it."""
    return bool(detectors_in_run(judged_components(entry), entry))


def detectors_in_run(components: Collection[Component], entry: CertificationEntry) -> list[Component]:
    """Return the detectors of these components that were in the run of the entry."""
    return [detector for detector in detectors_of(components) if _takes_part(detector, entry)]


def ranges_off(
    component: Component, segments: Iterable[SegmentFacts], in_run: Collection[str] | None
) -> list[NumberRange]:
    """Return the lumisections that drop out by the bits of a component: not active, or with a partition off.

    `in_run`: the detectors in the run, as OMS names them; empty or None if they are unknown. Others count as on.
    """
    detectors = [row.declaration for row in detectors_of([component])]
    partitions = [name for row in detectors if not in_run or row.oms_detector in in_run for name in row.partitions]
    places = [bits.NAMES.index(name) for name in ("cms_active", *partitions)]
    off = (segment for segment in segments if any(segment.bits[place] is False for place in places))
    return merged_ranges((segment.first, segment.last) for segment in off)


def _takes_part(detector: Component, entry: CertificationEntry) -> bool:
    return not entry.components or detector.declaration.oms_detector in entry.components


def times_off(detector: Component, entry: CertificationEntry) -> TimesOff:
    """Count the lumisections of an entry in which the detector was off. 0 of 0 if it was not in the run."""
    takes_part = _takes_part(detector, entry)
    needed = [segment for segment in entry.segments if takes_part and is_needed(segment.bits, entry.run_type)]
    off = [_is_off(detector, segment) for segment in needed]
    rest = [segment for segment, is_off in zip(needed, off, strict=True) if not is_off]
    lumis = [segment.recorded_lumi for segment in rest if segment.recorded_lumi is not None]
    number = sum(map(len, needed))
    return TimesOff(
        detector,
        entry.run_type,
        number,
        number - sum(map(len, rest)),
        sum(lumis) if lumis else None,
        sum(segment.unknown_lumis for segment in rest),
    )


def detectors_much_off(entry: CertificationEntry) -> list[TimesOff]:
    """Return the times of the detectors of good components that were off in many lumisections."""
    off = (times_off(detector, entry) for detector in detectors_of(judged_components(entry)))
    return [times for times in off if times.is_much]


def _is_off(detector: Component, segment: SegmentFacts) -> bool:
    return any(segment.bit(name) is False for name in detector.declaration.partitions)


def is_needed(values: Bits, run_type: str) -> bool:
    """Whether the detectors are needed with these bits: CMS was active, with stable beams unless it is cosmics."""
    return bool(values[_ACTIVE] and (run_type == RunType.COSMICS or values[_STABLE]))
