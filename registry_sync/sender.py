"""The only sender: writes what was confirmed to Run Registry, one request at a time for the whole installation.

Run Registry has no key against repetition, and a time-out says nothing. So the dataset is read before each request and
after it: what it has already is not sent, what was sent and is not there yet waits before it is sent again, and what
somebody else has changed meanwhile is left to people.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.html import strip_tags

from infrastructure.database.job_lock import job_lock
from infrastructure.http.errors import AccessDenied, BadStatus, RemoteError
from infrastructure.http.results import Found, Missing, Unreachable
from registry.dataset_status import DatasetStatus, fetch_dataset_status
from registry.writes import (
    DatasetKey,
    FlagEdit,
    StateMove,
    WriteRefused,
    fetch_history,
    move_state,
    move_state_if_unchanged,
    send_flag_edit,
)
from registry_sync.choices import EFFECTIVE, UNFINISHED, WriteState
from registry_sync.judgement import Judgement, judge_write
from registry_sync.models import RegistryWrite, Sending, stored_flag_ranges_of
from registry_sync.refusals import sending_refusal

if TYPE_CHECKING:
    from datetime import datetime

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 5
MAX_AGE = timedelta(seconds=10)  # of what was read before a request is sent
# A request that timed out can still be waiting in Run Registry: 40 at once were silent for 90 s, and were all done.
RESEND_AFTER = timedelta(seconds=120)


@dataclass
class SenderResult:
    """Numbers of writes that became final, and why the sender stopped early, a sentence or empty.

    `was_running`: another one was sending, nothing was done.
    """

    done: int = 0
    failed: int = 0
    stopped: str = ""
    was_running: bool = False


class _Stopped(Exception):
    """Nothing more can be sent now. The message is a sentence."""


def send_confirmed(budget: Budget, *, resend_after: timedelta = RESEND_AFTER) -> SenderResult:
    """Send what was confirmed, oldest first, while the budget lasts."""
    if settings.REGISTRY_SYNC != "on":
        return SenderResult(stopped="REGISTRY_SYNC is not on. Nothing is sent.")
    with job_lock("send_to_registry") as is_alone:
        if not is_alone:
            return SenderResult(was_running=True)
        sender = _Sender(budget, resend_after)
        try:
            for sending in Sending.objects.unfinished():
                sender.send(sending)
        except _Stopped as stopped:
            sender.result.stopped = str(stopped)
        return sender.result


def send_if_unfinished(budget: Budget) -> SenderResult:
    """Send what was confirmed. One query if there is nothing, none if sending is not switched on."""
    if settings.REGISTRY_SYNC != "on" or not RegistryWrite.objects.filter(state__in=UNFINISHED).exists():
        return SenderResult()
    return send_confirmed(budget)


class _Sender:
    def __init__(self, budget: Budget, resend_after: timedelta) -> None:
        self.budget, self.resend_after = budget, resend_after
        self.result = SenderResult()

    def send(self, sending: Sending) -> None:
        """Send the writes of a sending in their order, up to one that cannot be done now or at all."""
        writes = list(sending.writes.select_related("sending"))
        if refusal := sending_refusal(sending):
            self._give_up(writes, refusal)
            return
        if not any(write.attempts for write in writes) and not self._is_as_planned(sending, writes):
            return
        for write in writes:
            if not write.is_finished:
                self._finish(write)
            if write.state not in EFFECTIVE:
                break
        if any(write.is_finished and write.state not in EFFECTIVE for write in writes):
            self._give_up(writes, "An earlier write of this sending was not done.")

    def _is_as_planned(self, sending: Sending, writes: list[RegistryWrite]) -> bool:
        """Before the first request: whether all that is planned still meets what the plan was made on."""
        status = self._status(sending)
        judged = [(write, _judged(write, status)) for write in writes if not write.is_move]
        conflicts = [(write, judgement) for write, judgement in judged if judgement.state in _HOPELESS]
        for write, judgement in conflicts:
            self._set_final(write, judgement)
        if conflicts:
            self._give_up(writes, "Nothing was sent: another write of this sending met a conflict.")
        return not conflicts

    def _finish(self, write: RegistryWrite) -> None:
        """Read, send and read again until the write is final, or raise `_Stopped`."""
        while not write.is_finished:
            status = self._status(write.sending)
            judgement = _judged(write, status)
            if judgement.state != WriteState.PLANNED:
                self._set_final(write, judgement)
            elif write.attempts >= MAX_ATTEMPTS:
                self._set_final(write, Judgement(WriteState.GIVEN_UP, f"Not done in {MAX_ATTEMPTS} attempts."))
            else:
                self._wait_for_late_effect(write)
                self._send_once(write, status.asked_at)

    def _status(self, sending: Sending) -> Found[DatasetStatus] | Missing:
        """Read the dataset. Raises `_Stopped` if that is impossible or there is no time."""
        if not self.budget.is_sufficient():
            raise _Stopped("The time is up. The rest is sent later.")
        status = fetch_dataset_status(_key(sending), self.budget)
        if isinstance(status, Unreachable):
            raise _Stopped(status.sentence)
        return status

    def _wait_for_late_effect(self, write: RegistryWrite) -> None:
        """Raise `_Stopped` while a request without an answer can still have its effect."""
        is_open = write.state in (WriteState.UNKNOWN, WriteState.SENDING)
        if is_open and write.sent_at and timezone.now() < write.sent_at + self.resend_after:
            raise _Stopped("A request without an answer can still be done. It is read again before it is repeated.")

    def _send_once(self, write: RegistryWrite, read_at: datetime) -> None:
        """Send the request and store its answer; its outcome is decided by reading.

        What is not allowed any more, or was read too long ago, is not sent.
        """
        if refusal := sending_refusal(write.sending):
            self._set_final(write, Judgement(WriteState.GIVEN_UP, refusal))
            return
        if timezone.now() > read_at + MAX_AGE:
            return
        write.state, write.sent_at = WriteState.SENDING, timezone.now()
        write.attempts += 1
        write.save()
        try:
            write.registry_version = _request(write, self.budget)
        except WriteRefused as refused:
            self._set_final(write, Judgement(WriteState.REFUSED, str(refused)))
        except BadStatus as error:
            self._take_refusal(write, error)
        except RemoteError as error:
            self._set_unknown(write, error)
        else:
            write.save()

    def _take_refusal(self, write: RegistryWrite, error: BadStatus) -> None:
        """Handle an error status: a deadlock is tried again, words of Run Registry are a refusal, all else unknown."""
        words = _words_of(error)
        if not words:
            self._set_unknown(write, error)
        elif "deadlock" in words:
            write.state, write.answer = WriteState.PLANNED, words
            write.save()
        else:
            self._set_final(write, Judgement(WriteState.REFUSED, words))

    def _set_unknown(self, write: RegistryWrite, error: RemoteError) -> None:
        write.state, write.answer = WriteState.UNKNOWN, error.sentence
        write.save()
        raise _Stopped(error.sentence)

    def _set_final(self, write: RegistryWrite, judgement: Judgement) -> None:
        if judgement.state == WriteState.DONE and write.registry_version is None and not write.is_move:
            write.registry_version = _version_in_history(write, self.budget)
        write.state, write.answer = judgement.state, judgement.answer
        write.seen, write.finished_at = stored_flag_ranges_of(judgement.seen), timezone.now()
        write.save()
        if write.state in EFFECTIVE:
            self.result.done += 1
        else:
            self.result.failed += 1

    def _give_up(self, writes: list[RegistryWrite], reason: str) -> None:
        for write in writes:
            if write.state in UNFINISHED:
                self._set_final(write, Judgement(WriteState.GIVEN_UP, reason))


_HOPELESS = (WriteState.CONFLICT, WriteState.REFUSED, WriteState.GIVEN_UP)


def _judged(write: RegistryWrite, status: Found[DatasetStatus] | Missing) -> Judgement:
    if isinstance(status, Missing):
        return Judgement(WriteState.REFUSED, status.sentence)
    return judge_write(write, status.value)


def _key(sending: Sending) -> DatasetKey:
    return DatasetKey(sending.run_number, sending.registry_name)


def _request(write: RegistryWrite, budget: Budget) -> int | None:
    """Send the request and return its version, None for a move. Raises `WriteRefused` and `RemoteError`."""
    dataset = _key(write.sending)
    if not write.is_move:
        last = write.sending.last_lumisection
        edit = FlagEdit(dataset, write.component, write.first or 0, write.last or 0, write.triplet, last)
        return send_flag_edit(edit, budget)
    move = StateMove(dataset, write.state_from, write.state_to)
    try:
        move_state_if_unchanged(move, budget)
    except AccessDenied:  # without the e-group of administrators: the state was read a moment ago, and is read again
        move_state(move, budget)
    return None


def _words_of(error: BadStatus) -> str:
    """Return what Run Registry says of a refused request, as plain text; empty if it is not its own answer."""
    try:
        body = json.loads(error.body_start)
    except ValueError:
        return ""
    words = body.get("err") or body.get("message") if isinstance(body, dict) else ""
    return " ".join(strip_tags(words).split()) if isinstance(words, str) else ""


def _version_in_history(write: RegistryWrite, budget: Budget) -> int | None:
    """Return the version of a write whose answer was lost, None if the history does not say."""
    try:
        entries = fetch_history(_key(write.sending), budget)
    except RemoteError:
        return None
    versions = [entry.get("version") for entry in entries if _is_of(entry, write)]
    return max((version for version in versions if isinstance(version, int)), default=None)


def _is_of(entry: object, write: RegistryWrite) -> bool:
    if not isinstance(entry, dict) or (entry.get("start"), entry.get("end")) != (write.first, write.last):
        return False
    flags = entry.get("jsonb")
    return isinstance(flags, dict) and any(
        isinstance(flag, dict) and flag.get("comment") == write.comment and flag.get("status") == write.status
        for flag in flags.values()
    )
