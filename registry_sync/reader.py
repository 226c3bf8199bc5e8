"""What the sender reads of Run Registry: the dataset, and the history of its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infrastructure.http.errors import RemoteError
from infrastructure.http.results import Found, Missing, Unreachable
from registry.dataset_status import DatasetStatus, fetch_dataset_status
from registry.flag_history import ManualChange, fetch_manual_changes
from registry_sync.dispatch import dataset_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from infrastructure.http.budget import Budget
    from registry_sync.models import Sending


class CannotSend(Exception):
    """Nothing more can be sent now. The message is a sentence."""


def never() -> bool:
    """Nobody ends the process before it has done its work."""
    return False


class SyncReader:
    """Reads within a budget. Both methods raise `CannotSend` if that is impossible or there is no time.

    `is_stopping`: whether the process is to stop. `last_status`: what was read last.
    """

    def __init__(self, budget: Budget, is_stopping: Callable[[], bool] = never) -> None:
        self.budget, self.is_stopping = budget, is_stopping
        self.last_status: Found[DatasetStatus] | Missing | None = None

    def status(self, sending: Sending) -> Found[DatasetStatus] | Missing:
        """Read the dataset."""
        self.check_time()
        status = fetch_dataset_status(dataset_of(sending), self.budget)
        if isinstance(status, Unreachable):
            raise CannotSend(status.sentence)
        self.last_status = status
        return status

    def changes(self, sending: Sending) -> list[ManualChange]:
        """Read what people and applications changed in its flags, oldest first."""
        self.check_time()
        try:
            return fetch_manual_changes(dataset_of(sending), self.budget)
        except RemoteError as error:
            raise CannotSend(error.sentence) from error

    def check_time(self) -> None:
        """Raise `CannotSend` if nothing more is to be done now."""
        if self.is_stopping():
            raise CannotSend("The sender ends. The rest is sent when it is started again.")
        if not self.budget.is_sufficient():
            raise CannotSend("The time is up. The rest is sent later.")
