"""Time-outs for a test that sets a service to fail in a given mode, which hold on a busy machine too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

UNANSWERED = ("hang", "slow", "stall")


class Timeouts(NamedTuple):
    """Budget of a page, connect and read time-out, each in seconds."""

    budget: float
    connect: float
    read: float


# Where a service does not answer in time, short ones, which its healthy neighbours keep on a busy machine too; else
# the real ones, which cost nothing.
SHORT, REAL = Timeouts(3, 0.8, 0.8), Timeouts(10, 2, 5)


def set_timeouts(settings: SettingsWrapper, mode: str) -> Timeouts:
    """Apply the time-outs that fit the fault mode, and return them."""
    timeouts = SHORT if mode in UNANSWERED else REAL
    settings.PAGE_BUDGET_S, settings.CONNECT_TIMEOUT_S, settings.READ_TIMEOUT_S = timeouts
    return timeouts
