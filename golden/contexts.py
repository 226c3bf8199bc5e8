"""What a policy is evaluated on: certifications with their facts, and segments of lumisections with equal values."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from certify.models.choices import Flag
from certify.models.components import Component
from golden.vocabulary import REGISTRY_READ, REGISTRY_VARIABLES, VARIABLES, Level
from infrastructure.number_ranges import NumberRange, count_numbers, ranges_without
from oms.lumisections import bits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from certify.models.components import ComponentFlag
    from golden.registry_values import RegistryValues

# The order of `Segment.values`.
IMPORTED = "imported"
SEGMENT_FIELDS = (*bits.NAMES, *Component.values, IMPORTED)
# What follows for policies that name flags of other detectors.
_OF_SEGMENTS = [variable for variable in VARIABLES.values() if variable.level == Level.SEGMENT]
REGISTRY_FIELDS = (REGISTRY_READ, *(each.name for each in _OF_SEGMENTS if each.name in REGISTRY_VARIABLES))
# {name of a variable: its place in `Segment.values`}
SEGMENT_PLACES = {
    **{
        each.name: SEGMENT_FIELDS.index(each.field or IMPORTED)
        for each in _OF_SEGMENTS
        if each.name not in REGISTRY_FIELDS
    },
    **{name: place for place, name in enumerate(REGISTRY_FIELDS, len(SEGMENT_FIELDS))},
}
_ACTIVE = SEGMENT_FIELDS.index("cms_active")
# The states of Run Registry that correspond to our flags; a component that is ok by low statistics counts as good.
_STATUSES = {Flag.GOOD.value: "GOOD", Flag.BAD.value: "BAD", Flag.EXCLUDED.value: "EXCLUDED"}


class RecordedLumi(NamedTuple):
    """Recorded luminosity, 1/pb, as far as it is known, and the number of lumisections of which it is unknown."""

    lumi: float
    unknown: int

    def plus(self, other: RecordedLumi) -> RecordedLumi:
        """Return the sum of both."""
        return RecordedLumi(self.lumi + other.lumi, self.unknown + other.unknown)


NO_LUMI = RecordedLumi(0.0, 0)


@dataclass(frozen=True, slots=True)
class Segment:
    """Lumisections `first` to `last`, both included, with equal `values`, in the order of `SEGMENT_FIELDS`.

    Where a policy names flags of other detectors, those of `REGISTRY_FIELDS` follow.
    `recorded`: luminosity recorded in all of them; None of a part of a stored segment, whose luminosity is that of its
    lumisections.
    """

    first: int
    last: int
    values: tuple[Any, ...]
    recorded: RecordedLumi | None = None

    @property
    def may_be_active(self) -> bool:
        """Whether luminosity can be recorded in it: CMS was active, or that is unknown."""
        return self.values[_ACTIVE] is not False


@dataclass(frozen=True)
class CertificationKey:
    """A certification in one version, as a file names it. `dataset` is empty without one."""

    pk: int
    version: int
    run_number: int
    reconstruction: str
    dataset: str

    @property
    def text(self) -> str:
        return f"{self.run_number} {self.reconstruction}"


@dataclass(frozen=True)
class CertifiedRun:
    """A certification with what a policy can name.

    `values`: {variable: value} of the variables of the run that are known. `lumis`: recorded luminosity, 1/pb, of each
    lumisection from 1 on, None where it is unknown or CMS was not active. `read_at`: when OMS gave the lumisections.
    `day`: when the run began, as 2018-05-01; empty if unknown. `holes`: number of lumisections without a row in OMS.
    `registry_read_at`: when the flags of other detectors were read, if a policy names them; None if they were not.
    """

    key: CertificationKey
    values: Mapping[str, Any]
    segments: tuple[Segment, ...]
    lumis: Sequence[float | None] = ()
    era: str = ""
    day: str = ""
    read_at: datetime | None = None
    holes: int = 0
    registry_read_at: datetime | None = None

    def lumi_in(self, segment: Segment, first: int, last: int) -> RecordedLumi:
        """Return the luminosity recorded in lumisections of a segment."""
        if not segment.may_be_active:
            return NO_LUMI
        if segment.recorded is not None and (first, last) == (segment.first, segment.last):
            return segment.recorded
        known = [lumi for lumi in self.lumis[first - 1 : last] if lumi is not None]
        return RecordedLumi(sum(known), last - first + 1 - len(known))

    def lumi_of(self, ranges: Iterable[NumberRange]) -> RecordedLumi:
        """Return the luminosity recorded in lumisections."""
        total = NO_LUMI
        for first, last in ranges:
            for segment in self.segments:
                begin, end = max(first, segment.first), min(last, segment.last)
                if begin <= end:
                    total = total.plus(self.lumi_in(segment, begin, end))
        return total


@dataclass(frozen=True)
class ComponentStatuses:
    """The statuses of one component: `status` outside of its bad lumisections, which are BAD."""

    status: str
    bad: tuple[NumberRange, ...] = ()


@dataclass(frozen=True)
class CertifiedFlags:
    """The flags of a certification by component, in their order; the lumisections of an imported golden file.

    `imported` is None for a certification that was not imported from one; `registry` unless a policy names what was
    read from Run Registry.
    """

    components: tuple[ComponentStatuses, ...]
    imported: tuple[NumberRange, ...] | None = None
    registry: RegistryValues | None = None
    cuts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        ranges = [span for component in self.components for span in component.bad] + list(self.imported or ())
        cuts = {cut for first, last in ranges for cut in (first, last + 1)}
        if self.registry:
            cuts |= self.registry.cuts
        object.__setattr__(self, "cuts", tuple(sorted(cuts)))

    def values_at(self, number: int) -> tuple[Any, ...]:
        """Return the statuses, whether the imported file has it, and what was read, of one lumisection."""
        statuses = tuple(
            "BAD" if _contains(component.bad, number) else component.status for component in self.components
        )
        read = self.registry.values_at(number) if self.registry else ()
        return (*statuses, None if self.imported is None else _contains(self.imported, number), *read)


def flag_ranges_of(component_flag: ComponentFlag) -> ComponentStatuses:
    """Return the statuses of a component, as Run Registry calls them. Low statistics excuse it: it is GOOD."""
    if component_flag.is_ok and not component_flag.is_good:
        return ComponentStatuses("GOOD")
    return ComponentStatuses(_STATUSES[component_flag.flag], component_flag.ranges if component_flag.is_good else ())


def cut_segments(segments: Iterable[Segment], flags: CertifiedFlags) -> tuple[Segment, ...]:
    """Return stored segments, with bits as values, cut where the flags change, with bits and flags as values."""
    if not flags.cuts:
        same = flags.values_at(1)
        return tuple(Segment(whole.first, whole.last, whole.values + same, whole.recorded) for whole in segments)
    parts: list[Segment] = []
    for whole in segments:
        inside = [cut for cut in flags.cuts if whole.first < cut <= whole.last]
        for begin, end in pairwise([whole.first, *inside, whole.last + 1]):
            recorded = None if inside else whole.recorded
            parts.append(Segment(begin, end - 1, whole.values + flags.values_at(begin), recorded))
    return tuple(parts)


def stored_segment(row: tuple[Any, ...]) -> Segment:
    """Return a segment of a stored row: first, last, recorded luminosity, how many are unknown, and the bits."""
    first, last, lumi, unknown, *its_bits = row
    is_activity_unknown = its_bits[_ACTIVE] is None
    recorded = RecordedLumi(0.0, last - first + 1) if is_activity_unknown else RecordedLumi(lumi or 0.0, unknown)
    return Segment(first, last, tuple(its_bits), recorded)


def holes_in(segments: Sequence[Segment], last: int | None) -> int:
    """Return the number of lumisections from 1 to `last` that no segment has."""
    whole = [(1, last)] if last and last > 0 else []
    return count_numbers(ranges_without(whole, [(segment.first, segment.last) for segment in segments]))


def _contains(ranges: Sequence[NumberRange], number: int) -> bool:
    return any(first <= number <= last for first, last in ranges)
