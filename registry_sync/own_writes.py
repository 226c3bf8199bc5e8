"""Our writes in the history of Run Registry, and what they replaced there. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.flag_ranges import FlagRange, FlagTriplet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.flag_history import ManualChange
    from registry_sync.models import RegistryWrite


def is_own(change: ManualChange, write: RegistryWrite) -> bool:
    """Return whether the change is this write: its version, or all that it wrote, after the plan was made."""
    if change.version == write.registry_version:
        return True
    place = (change.component, change.first, change.last)
    is_same = place == (write.component, write.first, write.last) and change.triplet == write.triplet
    return is_same and change.version > write.sending.registry_version


def own_version(write: RegistryWrite, changes: Iterable[ManualChange]) -> int | None:
    """Return the version of the write in the history, the last one if it is there more than once."""
    return max((change.version for change in changes if is_own(change, write)), default=None)


def replaced_flags(write: RegistryWrite, changes: Iterable[ManualChange]) -> list[FlagRange]:
    """Return the flags that the write replaced: those of the plan, with what others wrote between plan and write."""
    first, last = write.first or 1, write.last or 0
    flags = {number: old.triplet for old in write.before_ranges for number in range(old.first, old.last + 1)}
    for change in changes:
        is_between = write.sending.registry_version < change.version < (write.registry_version or 0)
        if is_between and change.overlaps(write.component, first, last) and not is_own(change, write):
            overlap = range(max(first, change.first), min(last, change.last) + 1)
            flags |= dict.fromkeys(overlap, change.triplet)
    return joined_flags(flags)


def joined_flags(flags: dict[int, FlagTriplet]) -> list[FlagRange]:
    """Return flags by lumisection as ranges."""
    ranges: list[FlagRange] = []
    for number, triplet in sorted(flags.items()):
        if ranges and ranges[-1].triplet == triplet and ranges[-1].last + 1 == number:
            ranges[-1] = ranges[-1]._replace(last=number)
        else:
            ranges.append(FlagRange(number, number, triplet))
    return ranges
