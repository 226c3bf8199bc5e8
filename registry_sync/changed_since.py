"""What Run Registry has instead of what was written there. Pure functions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from infrastructure.number_ranges import format_ranges, merged_ranges
from registry.dataset_status import flags_within
from registry.writes import COMPLETED, SIGNOFF
from registry_sync.choices import EFFECTIVE, WRITTEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from registry.dataset_status import DatasetStatus
    from registry.flag_history import ManualChange
    from registry_sync.models import RegistryWrite

DAMAGED = "cannot be read: the ranges there are damaged"


class _Flag(NamedTuple):
    """What a lumisection has instead. `who`: who set it and when, or empty."""

    status: str
    is_again: bool
    who: str


def changed_texts(
    writes: Sequence[RegistryWrite], status: DatasetStatus, changes: Sequence[ManualChange]
) -> dict[int, str]:
    """Return a text for each write by its primary key, such as "GOOD again by dc@cern.ch, 2018-05-04 16:30 UTC".

    It is empty where Run Registry still has what was written, and where a later write replaced it. `writes`: all of a
    dataset, oldest first.
    """
    effective = [write for write in writes if write.state in {*EFFECTIVE, *WRITTEN}]
    texts = {write.pk: "" for write in writes}
    owners = {
        (write.component, number): write
        for write in effective
        if not write.is_move
        for number in range(write.first or 1, (write.last or 0) + 1)
    }
    for write in effective:
        if not write.is_move:
            numbers = {number for (component, number), owner in owners.items() if owner == write}
            texts[write.pk] = _edit_text(write, numbers, status, changes)
    if moves := [write for write in effective if write.is_move]:
        texts[moves[-1].pk] = _move_text(moves[-1], status)
    return texts


def _edit_text(write: RegistryWrite, numbers: set[int], status: DatasetStatus, changes: Sequence[ManualChange]) -> str:
    if status.damage:
        return DAMAGED if numbers else ""
    first, last = write.first or 1, write.last or 0
    differing = [
        (_instead(write, number, flag.triplet.status, changes), number)
        for flag in flags_within(status.flags.get(write.component, ()), first, last)
        if flag.triplet.status != write.status
        for number in range(flag.first, flag.last + 1)
        if number in numbers
    ]
    grouped = groupby(sorted(differing), key=lambda pair: pair[0])
    return "; ".join(_flag_text(flag, [number for _, number in pairs], write) for flag, pairs in grouped)


def _instead(write: RegistryWrite, number: int, status: str, changes: Sequence[ManualChange]) -> _Flag:
    before = next((old.triplet.status for old in write.before_ranges if old.first <= number <= old.last), "")
    last = next((change for change in reversed(changes) if change.overlaps(write.component, number, number)), None)
    is_by_hand = last is not None and last.triplet.status == status
    return _Flag(status, status == before, _author_text(last) if last and is_by_hand else "")


def _author_text(change: ManualChange) -> str:
    return f" by {change.by}, {change.at:%Y-%m-%d %H:%M} UTC" if change.at else f" by {change.by}"


def _flag_text(flag: _Flag, numbers: Iterable[int], write: RegistryWrite) -> str:
    ranges = merged_ranges((number, number) for number in numbers)
    place = "" if ranges == [(write.first, write.last)] else f"{format_ranges(ranges)} "
    return f"{place}{flag.status}{' again' if flag.is_again else ''}{flag.who}"


def _move_text(move: RegistryWrite, status: DatasetStatus) -> str:
    """Return the state. Run Registry does not tell who moved it. Completing what was signed off is the way on."""
    if status.state == move.state_to or (move.state_to, status.state) == (SIGNOFF, COMPLETED):
        return ""
    return f"{status.state}{' again' if status.state == move.state_from else ''}"
