"""What a write comes to, by what Run Registry has now. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from infrastructure.http.results import Found, Missing
from infrastructure.number_ranges import format_ranges
from registry.dataset_status import flags_within
from registry_sync.choices import SendingPurpose, WriteState
from registry_sync.own_writes import is_own, own_version, replaced_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from registry.dataset_status import DatasetStatus
    from registry.flag_history import ManualChange
    from registry.flag_ranges import FlagRange
    from registry_sync.models import RegistryWrite


@dataclass(frozen=True)
class Judgement:
    """`state`: PLANNED to send it now, or a final state with its reason.

    `found`, `found_state`: the flags, or for a move the state, that a conflict met.
    `version`: of the write in the history; `replaced`: the flags that it replaced, if these are not the planned ones.
    """

    state: WriteState
    answer: str = ""
    found: tuple[FlagRange, ...] = ()
    version: int | None = None
    replaced: tuple[FlagRange, ...] = ()
    found_state: str = ""


def judge_read(write: RegistryWrite, status: Found[DatasetStatus] | Missing) -> Judgement:
    """Return what the write comes to; a dataset that is hidden or not listed is not written to."""
    return (
        Judgement(WriteState.REFUSED, status.sentence)
        if isinstance(status, Missing)
        else judge_write(write, status.value)
    )


def judge_write(write: RegistryWrite, status: DatasetStatus) -> Judgement:
    """Return whether the write is to be sent, has been done, was so already, or meets something else."""
    if status.damage:
        return Judgement(WriteState.REFUSED, status.damage)
    return _judge_move(write, status) if write.is_move else _judge_edit(write, status)


def _judge_move(write: RegistryWrite, status: DatasetStatus) -> Judgement:
    if status.state == write.state_to:
        return Judgement(WriteState.DONE if write.attempts else WriteState.WAS_SO)
    if status.state == write.state_from:
        return Judgement(WriteState.PLANNED)
    text = f"Planned on {write.state_from}; it is {status.state} now."
    return Judgement(WriteState.CONFLICT, text, found_state=status.state)


def _judge_edit(write: RegistryWrite, status: DatasetStatus) -> Judgement:
    now = flags_within(status.flags.get(write.component, ()), write.first or 1, write.last or 0)
    if write.attempts and all(flag.triplet == write.triplet for flag in now):
        return Judgement(WriteState.DONE)
    is_whole_flag = write.sending.purpose == SendingPurpose.UNDO  # comments come back, too
    if not write.attempts and all(_has(flag, write, is_whole_flag) for flag in now):
        return Judgement(WriteState.WAS_SO)
    if not _is_same(now, write.before_ranges):
        return Judgement(WriteState.CONFLICT, "Run Registry has changed since the plan.", tuple(now))
    planned_on = write.sending.registry_state
    if status.state != planned_on:
        return Judgement(WriteState.CONFLICT, f"Planned on {planned_on}; it is {status.state} now.", tuple(now))
    return Judgement(WriteState.PLANNED)


def _has(flag: FlagRange, write: RegistryWrite, is_whole_flag: bool) -> bool:
    return flag.triplet == write.triplet if is_whole_flag else flag.triplet.status == write.status


def judge_written(write: RegistryWrite, judgement: Judgement, changes: Sequence[ManualChange]) -> Judgement:
    """Return the judgement of a write that was sent, with what the history says: whether it is there, and over what."""
    version = write.registry_version = own_version(write, changes) or write.registry_version
    is_in_history = any(is_own(change, write) for change in changes)
    if judgement.state == WriteState.DONE:
        replaced = tuple(replaced_flags(write, changes))
        if _is_same(replaced, write.before_ranges):
            return replace(judgement, version=version)
        text = f"Over what was set there a moment before: {_listed(replaced)}."
        return Judgement(WriteState.OVERTOOK, text, version=version, replaced=replaced)
    if is_in_history:
        text = "Written, and changed there since."
        is_gone = judgement.state == WriteState.REFUSED  # hidden or damaged by now
        return Judgement(
            WriteState.CONFLICT, f"{text} {judgement.answer}" if is_gone else text, judgement.found, version
        )
    return judgement


def _listed(flags: Iterable[FlagRange]) -> str:
    return ", ".join(
        f"{format_ranges([(first, last)])} {status}{f' “{comment}”' if comment else ''}"
        for first, last, (status, comment, _) in flags
    )


def _is_same(now: Iterable[FlagRange], before: Iterable[FlagRange]) -> bool:
    """Return whether each lumisection has the same flag, however the ranges are cut."""
    return _joined(now) == _joined(before)


def _joined(flags: Iterable[FlagRange]) -> list[FlagRange]:
    joined: list[FlagRange] = []
    for flag in sorted(flags):
        if joined and joined[-1].triplet == flag.triplet and joined[-1].last + 1 == flag.first:
            joined[-1] = joined[-1]._replace(last=flag.last)
        else:
            joined.append(flag)
    return joined
