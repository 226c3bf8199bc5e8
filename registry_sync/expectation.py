"""Whether a dataset still has the flags that its plan was made on, with what was written since. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.models.components import Component
from infrastructure.http.results import Found, Missing
from registry.dataset_status import flags_within
from registry.flag_ranges import merged_statuses
from registry_sync.choices import EFFECTIVE, SendingPurpose
from registry_sync.own_writes import joined_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from registry.dataset_status import DatasetStatus
    from registry.flag_ranges import FlagRange, FlagTriplet, RangesByComponent
    from registry_sync.models import RegistryWrite, Sending

# A dataset is signed off and completed with the flags that were read; the others do not depend on other lumisections.
_DEPENDENT = (SendingPurpose.CERTIFY, SendingPurpose.COMPLETE)


def statuses_of(flags: Mapping[str, Sequence[FlagRange]]) -> RangesByComponent:
    """Return the statuses without comments and causes, as a sending stores them."""
    return {component: merged_statuses(ranges) for component, ranges in flags.items()}


def difference_text(sending: Sending, writes: Iterable[RegistryWrite], status: Found[DatasetStatus] | Missing) -> str:
    """Return what is otherwise than planned, such as "Strip 320-325 is BAD there now: “FED 401”."; else an empty text.

    Lumisections of writes that are not final are left out: each of these is judged on its own.
    """
    if sending.purpose not in _DEPENDENT or isinstance(status, Missing):
        return ""
    writes = list(writes)
    found = (_texts(component, _differing(sending, component, writes, status.value)) for component in Component)
    return " ".join(text for texts in found for text in texts)


def _texts(component: Component, differing: dict[int, FlagTriplet]) -> Iterator[str]:
    for first, last, (status, comment, _) in joined_flags(differing):
        place = f"{first}-{last}" if last > first else f"{first}"
        yield f"{component.label} {place} is {status} there now{f': “{comment}”' if comment else ''}."


def _differing(
    sending: Sending, component: Component, writes: list[RegistryWrite], status: DatasetStatus
) -> dict[int, FlagTriplet]:
    """Return the flags by lumisection whose status is not the expected one."""
    expected = {
        number: expected_status
        for first, last, expected_status in sending.flags_read.get(component, ())
        for number in range(first, last + 1)
    }
    for write in writes:
        for number in range(write.first or 1, (write.last or 0) + 1) if write.component == component else ():
            if write.state in EFFECTIVE:
                expected[number] = write.status
            else:
                expected.pop(number, None)
    now = flags_within(status.flags.get(component, ()), 1, max(expected, default=0))
    return {
        number: flag.triplet
        for flag in now
        for number in range(flag.first, flag.last + 1)
        if expected.get(number, flag.triplet.status) != flag.triplet.status
    }
