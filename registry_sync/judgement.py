"""What a write comes to, by what Run Registry has now. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.dataset_status import flags_within
from registry_sync.choices import WriteState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.dataset_status import DatasetStatus
    from registry.flag_ranges import FlagRange
    from registry_sync.models import RegistryWrite


@dataclass(frozen=True)
class Judgement:
    """`state`: PLANNED to send it now, or a final state with its reason. `seen`: what was found in a conflict."""

    state: WriteState
    answer: str = ""
    seen: tuple[FlagRange, ...] = ()


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
    return Judgement(WriteState.CONFLICT, f"Planned on {write.state_from}; it is {status.state} now.")


def _judge_edit(write: RegistryWrite, status: DatasetStatus) -> Judgement:
    now = flags_within(status.flags.get(write.component, ()), write.first or 1, write.last or 0)
    if write.attempts and all(flag.triplet == write.triplet for flag in now):
        return Judgement(WriteState.DONE)
    if not write.attempts and all(flag.triplet.status == write.status for flag in now):
        return Judgement(WriteState.WAS_SO)
    if not _is_same(now, write.before_ranges):
        return Judgement(WriteState.CONFLICT, "Run Registry has changed since the plan.", tuple(now))
    planned_on = write.sending.registry_state
    if status.state != planned_on:
        return Judgement(WriteState.CONFLICT, f"Planned on {planned_on}; it is {status.state} now.", tuple(now))
    return Judgement(WriteState.PLANNED)


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
