"""What Run Registry has instead of what was written there. Pure functions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from certify.models.components import Component
from infrastructure.number_ranges import format_ranges, merged_ranges
from registry.dataset_status import flags_within
from registry.writes import COMPLETED, SIGNOFF
from registry_sync.choices import WriteState
from registry_sync.models import RegistryWrite
from registry_sync.plan import BAD, EXCLUDED, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from registry.dataset_status import DatasetStatus
    from registry.flag_history import ManualChange
    from registry_sync.models import Sending

WAS_SO = WriteState.WAS_SO
HIDDEN = "hidden: Run Registry does not list the dataset any more"
DAMAGED = "cannot be read: the ranges there are damaged"


class _Flag(NamedTuple):
    """What a lumisection has instead. `who`: who set it and when, or empty."""

    status: str
    is_again: bool
    who: str


def unwritten_flags(sending: Sending) -> list[RegistryWrite]:
    """Return the flags that a finished sending was planned on as writes that were so already, each with its range.

    Of GOOD, BAD and EXCLUDED: what Run Registry sets by itself can change at any time. What it has after the last
    lumisection of the run is not planned on.
    """
    if not sending.is_done:
        return []
    end = sending.last_lumisection
    return [
        RegistryWrite(
            sending=sending, component=component, first=first, last=min(last, end), status=status, state=WAS_SO
        )
        for component, ranges in sending.flags_read.items()
        for first, last, status in ranges
        if status in (GOOD, BAD, EXCLUDED) and first <= end
    ]


def unwritten_text(writes: Iterable[RegistryWrite], texts: Iterable[str]) -> str:
    """Return the texts of `unwritten_flags` as one, such as "Strip 500-505 BAD by dc@cern.ch, …"."""
    pairs = zip(writes, texts, strict=True)
    return "; ".join(dict.fromkeys(f"{Component(write.component).label} {text}" for write, text in pairs if text))


def changed_texts(writes: Sequence[RegistryWrite], status: DatasetStatus, changes: Sequence[ManualChange]) -> list[str]:
    """Return a text for each write, such as "GOOD again by dc@cern.ch, 2018-05-04 16:30 UTC".

    It is empty where Run Registry still has what was written, and where a later write replaced it. `writes`: all of a
    dataset, oldest first.
    """
    owners: dict[tuple[str, int], int] = {}
    last_move = None
    for place, write in enumerate(writes):
        if write.is_in_effect and write.is_move:
            last_move = place
        elif write.is_in_effect:
            for number in range(write.first or 1, (write.last or 0) + 1):
                earlier = owners.get((write.component, number))
                is_still_there = not write.pk and earlier is not None and writes[earlier].status == write.status
                owners[write.component, number] = earlier if is_still_there and earlier is not None else place
    owned: dict[int, set[int]] = {}
    for (_component, number), place in owners.items():
        owned.setdefault(place, set()).add(number)
    return [
        _move_text(write, status) if place == last_move else _edit_text(write, owned.get(place, set()), status, changes)
        for place, write in enumerate(writes)
    ]


def _edit_text(write: RegistryWrite, numbers: set[int], status: DatasetStatus, changes: Sequence[ManualChange]) -> str:
    if not numbers or status.damage:
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
    is_whole = bool(write.pk) and ranges == [(write.first, write.last)]  # which its receipt has beside it
    place = "" if is_whole else f"{format_ranges(ranges)} "
    return f"{place}{flag.status}{' again' if flag.is_again else ''}{flag.who}"


def _move_text(move: RegistryWrite, status: DatasetStatus) -> str:
    """Return the state. Run Registry does not tell who moved it. Completing what was signed off is the way on."""
    if status.state == move.state_to or (move.state_to, status.state) == (SIGNOFF, COMPLETED):
        return ""
    return f"{status.state}{' again' if status.state == move.state_from else ''}"
