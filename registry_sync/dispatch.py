"""One request of the outbox: how it is sent, and what Run Registry says when it refuses it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.utils.html import strip_tags

from registry.writes import (
    REFUSALS,
    DatasetKey,
    FlagEdit,
    StateMove,
    WriteRefused,
    move_state,
    move_state_if_unchanged,
    send_flag_edit,
)
from registry_sync.choices import SendingPurpose
from registry_sync.plan import OVERWRITABLE

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget
    from infrastructure.http.errors import BadStatus
    from registry_sync.models import RegistryWrite, Sending


def dataset_of(sending: Sending) -> DatasetKey:
    """Return the dataset that a sending writes to."""
    return DatasetKey(sending.run_number, sending.registry_name)


def send_request(write: RegistryWrite, budget: Budget, *, can_compare: bool) -> int | None:
    """Send the request and return its version in the history, None for a move.

    `can_compare`: whether we have the e-group for moves that look at the old state. Raises `WriteRefused` and
    `RemoteError`.
    """
    dataset = dataset_of(write.sending)
    if not write.is_move:
        _check_replaced(write)
        last = write.sending.last_lumisection
        return send_flag_edit(
            FlagEdit(dataset, write.component, write.first or 0, write.last or 0, write.triplet, last), budget
        )
    move = StateMove(dataset, write.state_from, write.state_to)
    if can_compare:
        move_state_if_unchanged(move, budget)
    else:
        move_state(move, budget)
    return None


def _check_replaced(write: RegistryWrite) -> None:
    """Raise `WriteRefused` for flags that are not ours to replace. Undoing replaces what we wrote."""
    if write.sending.purpose == SendingPurpose.UNDO:
        return
    for old in write.before_ranges:
        if old.triplet.status not in OVERWRITABLE:
            raise WriteRefused(f"{old.triplet.status} is never overwritten.")


def refusal_of(error: BadStatus) -> str:
    """Return what Run Registry says of a refused request, as plain text; empty if it is not its own answer."""
    if error.status not in REFUSALS:
        return ""
    try:
        body = json.loads(error.body_start)
    except ValueError:
        return ""
    words = body.get("err") or body.get("message") if isinstance(body, dict) else ""
    return " ".join(strip_tags(words).split()) if isinstance(words, str) else ""
