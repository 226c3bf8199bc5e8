"""The time budget for all outgoing calls of a page."""

from __future__ import annotations

import copy
import time

from django.conf import settings


class Budget:
    """Seconds that all calls of one page share, counted from the moment it is made.

    `started_at`: seconds since 1970. `is_retry`: the user asked to try again, so that services with an open circuit
    may be tried. `trials`: the services that this page tries, set by the breaker. `last_start`: the time, as
    `time.monotonic` counts it, after which no call begins.
    """

    def __init__(self, seconds: float, *, is_retry: bool = False) -> None:
        self.started_at = time.time()
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self.is_retry = is_retry
        self.trials: dict[str, int] = {}
        self.last_start = float("inf")

    @classmethod
    def for_page(cls, *, is_retry: bool = False) -> Budget:
        """What a page may spend: `settings.PAGE_BUDGET_S`."""
        return cls(settings.PAGE_BUDGET_S, is_retry=is_retry)

    def starting_within(self, seconds: float) -> Budget:
        """Return the same budget for a call that must not begin later than `seconds` from now."""
        budget = copy.copy(self)
        budget.last_start = time.monotonic() + seconds
        return budget

    def is_too_late(self) -> bool:
        """Whether a call must not begin any more, however much remains."""
        return time.monotonic() > self.last_start

    def remaining(self) -> float:
        """Seconds left, 0 when used up."""
        return max(0.0, self._deadline - time.monotonic())

    def timeouts(self) -> tuple[float, float]:
        """Seconds to connect and seconds to wait for bytes, each capped by what remains."""
        left = self.remaining()
        return min(settings.CONNECT_TIMEOUT_S, left), min(settings.READ_TIMEOUT_S, left)

    def call_seconds(self) -> float:
        """Seconds that a single call may take from its start to its last byte."""
        return min(self.remaining(), settings.CONNECT_TIMEOUT_S + settings.READ_TIMEOUT_S)

    def is_sufficient(self) -> bool:
        """Whether a call has at least half of the time of a first call; a time-out with less is no failure."""
        return self.call_seconds() >= min(self._seconds, settings.CONNECT_TIMEOUT_S + settings.READ_TIMEOUT_S) / 2
