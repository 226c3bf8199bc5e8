"""How long a page may spend on the outside altogether."""

from __future__ import annotations

import time

from django.conf import settings


class Budget:
    """Seconds that all calls of one page share, counted from the moment it is made."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    @classmethod
    def of_page(cls) -> Budget:
        """What a page may spend: `settings.PAGE_BUDGET_S`."""
        return cls(settings.PAGE_BUDGET_S)

    def remaining(self) -> float:
        """Seconds left, 0 when used up."""
        return max(0.0, self._ends - time.monotonic())

    def timeouts(self) -> tuple[float, float]:
        """Seconds to connect and seconds to wait for bytes, each capped by what remains."""
        left = self.remaining()
        return min(settings.CONNECT_TIMEOUT_S, left), min(settings.READ_TIMEOUT_S, left)

    def for_one_call(self) -> float:
        """Seconds that a single call may take from its start to its last byte."""
        return min(self.remaining(), settings.CONNECT_TIMEOUT_S + settings.READ_TIMEOUT_S)
