"""The only sender: writes what was confirmed to Run Registry, one request at a time for the whole installation.

Run Registry has no key against repetition, and a time-out says nothing. So the dataset is read before each request and
after it: what it has already is not sent, what was sent and is not there yet waits before it is sent again, and what
somebody else has changed meanwhile is left to people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from infrastructure.database.job_lock import job_lock
from infrastructure.http.errors import AccessDenied, BadStatus, RemoteError, StartedTooLate
from infrastructure.http.results import Found
from registry.flag_ranges import FlagRanges
from registry.models import store_flag_ranges
from registry.writes import WriteRefused
from registry_sync.choices import EFFECTIVE, IN_FLIGHT, UNFINISHED, WriteState
from registry_sync.dispatch import refusal_of, send_request
from registry_sync.expectation import difference_text, statuses_of
from registry_sync.judgement import Judgement, judge_read, judge_written
from registry_sync.models import RegistryWrite, Sending, stored_flag_ranges_of
from registry_sync.reader import CannotSend, SyncReader, never
from registry_sync.refusals import sending_refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from infrastructure.http.budget import Budget
    from infrastructure.http.results import Missing
    from registry.dataset_status import DatasetStatus

MAX_ATTEMPTS = 5
MAX_AGE = timedelta(seconds=10)  # of what was read before a request is sent
# A request that timed out can still be waiting in Run Registry: 40 at once were silent for 90 s, and were all done.
RESEND_AFTER = timedelta(seconds=120)
WAITING_S = 10  # between two looks at a request without an answer, or at Run Registry while it is out
# What ends a sending before its first request.
_HOPELESS = (WriteState.CONFLICT, WriteState.REFUSED)


@dataclass
class SenderResult:
    """Numbers of writes that became final, and why the sender stopped early, a sentence or empty.

    `was_running`: another one was sending, nothing was done.
    """

    done: int = 0
    failed: int = 0
    stopped: str = ""
    was_running: bool = False

    @property
    def has_to_wait(self) -> bool:
        """Return whether nothing could be done, so that trying again at once is of no use."""
        return bool(self.stopped) and not (self.done or self.failed)


def send_confirmed(
    budget: Budget, *, resend_after: timedelta = RESEND_AFTER, is_stopping: Callable[[], bool] = never
) -> SenderResult:
    """Send what was confirmed, oldest first, while the budget lasts and until `is_stopping`.

    A request without an answer holds up all that follows: Run Registry can still be doing it, and does one at a time.
    """
    if settings.REGISTRY_SYNC != "on":
        return SenderResult(stopped="REGISTRY_SYNC is not on. Nothing is sent.")
    with job_lock("send_to_registry") as is_alone:
        if not is_alone:
            return SenderResult(was_running=True)
        sender = _Sender(SyncReader(budget, is_stopping), resend_after)
        for sending in Sending.objects.unfinished():
            try:
                sender.send(sending)
            except CannotSend as stopped:
                sender.result.stopped = str(stopped)
                if is_stopping() or not budget.is_sufficient() or sending.writes.filter(state__in=IN_FLIGHT).exists():
                    break  # a dataset that cannot be read holds up no other one; an open request does
        return sender.result


def send_if_unfinished(budget: Budget, *, is_stopping: Callable[[], bool] = never) -> SenderResult:
    """Send what was confirmed. One query if there is nothing, none if sending is not switched on."""
    if settings.REGISTRY_SYNC != "on" or not RegistryWrite.objects.filter(state__in=UNFINISHED).exists():
        return SenderResult()
    return send_confirmed(budget, is_stopping=is_stopping)


class _Sender:
    """`can_compare`: whether moves may look at the old state, until Run Registry refuses that.

    `answered`: primary key and number of the last request that was answered, which has had its effect, if any.
    """

    def __init__(self, reader: SyncReader, resend_after: timedelta) -> None:
        self.reader, self.resend_after = reader, resend_after
        self.result = SenderResult()
        self.can_compare = True
        self.answered = (0, 0)

    def send(self, sending: Sending) -> None:
        """Send the writes of a sending in their order, up to one that cannot be done now or at all."""
        self.reader.last_status = None
        writes = list(sending.writes.select_related("sending"))
        if refusal := sending_refusal(sending):
            self._give_up(writes, refusal)
            return
        if not any(write.attempts for write in writes) and not self._is_as_planned(sending, writes):
            return
        for write in writes:
            if not write.is_finished:
                self._finish(write, writes)
            if write.state not in EFFECTIVE:
                self._give_up(writes, "An earlier write of this sending was not done as planned.")
                break
        self._store_flags(sending)

    def _store_flags(self, sending: Sending) -> None:
        """Store the flags as they were read last, so that pages compare with what was written."""
        status = self.reader.last_status
        if isinstance(status, Found):
            flags = FlagRanges(statuses_of(status.value.flags), status.value.damage)
            store_flag_ranges(sending.run_number, sending.registry_name, flags, status.asked_at)

    def _is_as_planned(self, sending: Sending, writes: list[RegistryWrite]) -> bool:
        """Before the first request: whether all that is planned still meets what the plan was made on."""
        status = self.reader.status(sending)
        unfinished = [write for write in writes if not write.is_finished]
        judged = [(write, judge_read(write, status)) for write in unfinished if not write.is_move]
        failed = [(write, judgement) for write, judgement in judged if judgement.state in _HOPELESS]
        if not failed and (difference := difference_text(sending, writes, status)):
            failed = [(unfinished[0], Judgement(WriteState.CONFLICT, difference))]
        for write, judgement in failed:
            self._set_final(write, judgement)
        if failed:
            self._give_up(writes, "Nothing was sent: Run Registry has changed since the plan.")
        return not failed

    def _finish(self, write: RegistryWrite, writes: list[RegistryWrite]) -> None:
        """Read, send and read again until the write is final. Raises `CannotSend`."""
        while not write.is_finished:
            status = self.reader.status(write.sending)
            judgement = self._judged(write, status, writes)
            self._wait_for_late_effect(write, judgement)
            if judgement.state != WriteState.PLANNED:
                self._set_final(write, judgement)
            elif write.attempts >= MAX_ATTEMPTS:
                text = f"Not done in {MAX_ATTEMPTS} attempts. {write.answer}".strip()
                self._set_final(write, Judgement(WriteState.GIVEN_UP, text))
            else:
                self._send_once(write, status.asked_at)

    def _judged(
        self, write: RegistryWrite, status: Found[DatasetStatus] | Missing, writes: list[RegistryWrite]
    ) -> Judgement:
        """Return what a write comes to. A move is not made, and not begun again, with other flags than planned."""
        judgement = judge_read(write, status)
        if write.is_move:
            is_to_send = judgement.state == WriteState.PLANNED
            difference = difference_text(write.sending, writes, status) if is_to_send else ""
            return Judgement(WriteState.CONFLICT, difference) if difference else judgement
        if write.attempts:
            return judge_written(write, judgement, self.reader.changes(write.sending))
        return judgement

    def _wait_for_late_effect(self, write: RegistryWrite, judgement: Judgement) -> None:
        """Raise `CannotSend` while a request without an answer can still have its effect."""
        has_had_effect = judgement.state in EFFECTIVE or judgement.version is not None
        is_answered = self.answered == (write.pk, write.attempts)
        is_open = write.state in IN_FLIGHT and not has_had_effect and not is_answered
        if is_open and write.sent_at and timezone.now() < write.sent_at + self.resend_after:
            raise CannotSend("A request without an answer can still be done. It is read again before it is repeated.")

    def _send_once(self, write: RegistryWrite, read_at: datetime) -> None:
        """Send the request and store its answer; its outcome is decided by reading.

        What is not allowed any more, or was read too long ago, is not sent.
        """
        if refusal := sending_refusal(write.sending):
            self._set_final(write, Judgement(WriteState.GIVEN_UP, refusal))
            return
        self.reader.check_time()
        before = write.state, write.sent_at, write.attempts
        write.state, write.sent_at, write.attempts = WriteState.SENDING, timezone.now(), write.attempts + 1
        write.save()
        try:
            self._request(write, read_at + MAX_AGE)
        except StartedTooLate:  # storing it can have waited for the database, and a token for its issuer
            write.state, write.sent_at, write.attempts = before
            write.save()

    def _request(self, write: RegistryWrite, latest: datetime) -> None:
        """Send the request unless `latest` has passed by the time it would begin. Raises `StartedTooLate`."""
        budget = self.reader.budget.starting_within((latest - timezone.now()).total_seconds())
        try:
            write.registry_version = send_request(write, budget, can_compare=self.can_compare)
        except StartedTooLate:
            raise
        except WriteRefused as refused:
            self._set_final(write, Judgement(WriteState.REFUSED, str(refused)))
        except BadStatus as error:
            self._take_refusal(write, error)
        except RemoteError as error:
            self._set_unknown(write, error)
        else:
            self.answered = (write.pk, write.attempts)
            write.save()

    def _take_refusal(self, write: RegistryWrite, error: BadStatus) -> None:
        """Handle an error status: a deadlock is tried again, words of Run Registry are a refusal, all else unknown."""
        words = refusal_of(error)
        if not words:
            self._set_unknown(write, error)
        write.state, write.answer = WriteState.PLANNED, words
        if write.is_move and self.can_compare and isinstance(error, AccessDenied):
            self.can_compare, write.attempts = False, write.attempts - 1  # not the e-group of administrators
            write.save()
        elif "deadlock" in words:
            write.save()
        else:
            self._set_refused(write, words)

    def _set_refused(self, write: RegistryWrite, words: str) -> None:
        """Store the refusal, unless reading shows that the write was done before something else failed."""
        write.state = WriteState.UNKNOWN
        write.save()
        is_done = judge_read(write, self.reader.status(write.sending)).state == WriteState.DONE
        if not is_done:
            self._set_final(write, Judgement(WriteState.REFUSED, words))

    def _set_unknown(self, write: RegistryWrite, error: RemoteError) -> None:
        write.state, write.answer = WriteState.UNKNOWN, error.sentence
        write.save()
        raise CannotSend(error.sentence)

    def _set_final(self, write: RegistryWrite, judgement: Judgement) -> None:
        write.state, write.answer = judgement.state, judgement.answer
        write.registry_version = judgement.version or write.registry_version
        if judgement.replaced:
            write.before = stored_flag_ranges_of(judgement.replaced)
        write.found = [judgement.found_state] if judgement.found_state else stored_flag_ranges_of(judgement.found)
        write.finished_at = timezone.now()
        write.save()
        if write.state in EFFECTIVE:
            self.result.done += 1
        else:
            self.result.failed += 1

    def _give_up(self, writes: list[RegistryWrite], reason: str) -> None:
        """End what is not final. A request without an answer is read first: it can have had its effect."""
        for write in writes:
            if write.state in IN_FLIGHT:
                judgement = self._judged(write, self.reader.status(write.sending), writes)
                self._wait_for_late_effect(write, judgement)
                is_open = judgement.state == WriteState.PLANNED
                self._set_final(write, Judgement(WriteState.GIVEN_UP, reason) if is_open else judgement)
            elif write.state in UNFINISHED:
                self._set_final(write, Judgement(WriteState.GIVEN_UP, reason))
