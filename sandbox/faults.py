"""Faults that can be switched on for a service."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MODES = {
    "refuse": "the connection is closed at once",
    "hang": "no byte comes for the given seconds, then the connection is closed",
    "slow": "the answer comes after the given seconds",
    "stall": "the headers come, then nothing for the given seconds, then the connection is closed",
    "reset": "the connection is cut in the middle of the body",
    "500": "the service answers 500",
    "503-html": "a web server in front of it answers 503 with an HTML page",
    "401": "the service answers that it does not know the token",
    "403": "the service answers that the token may not",
    "login-page": "200 with an HTML sign-in page instead of data",
    "redirect": "302 to that sign-in page",
    "empty": "200 without a body",
    "truncated": "the first half of the JSON, sent as a whole answer",
    "wrong-shape": "valid JSON without the expected keys",
    "not-found": "the service answers as for something it does not have",
    "bad-values": "negative counts, unknown units, and null where there is a name or a figure",
}
# Modes that only requests which write meet.
WRITE_MODES = {
    "late": "a write is done, but no byte comes for the given seconds, then the connection is closed",
    "deadlock": "a write fails with 500, as one that meets another write of the same dataset",
}
ALL_MODES = MODES | WRITE_MODES
DEFAULT_SECONDS = 30.0


class InvalidFault(ValueError):
    """The requested fault is invalid. The text gives the reason."""


@dataclass
class Fault:
    """One fault, for `count` requests (None: until cleared) to paths that contain `path` (None: all)."""

    service: str
    mode: str
    seconds: float = DEFAULT_SECONDS
    count: int | None = None
    path: str | None = None

    def applies_to(self, service: str, path: str, *, is_write: bool) -> bool:
        is_met = is_write or self.mode not in WRITE_MODES
        return is_met and self.service == service and (not self.path or self.path in path)


def _optional_number(body: Mapping[str, Any], name: str, number_type: type, minimum: float) -> Any:
    raw = body.get(name)
    if raw is None or raw == "":
        return None
    try:
        number = number_type(raw)
    except (TypeError, ValueError):
        raise InvalidFault(f"{name} is {raw!r}: give a number.") from None
    if not minimum <= number < float("inf"):
        raise InvalidFault(f"{name} is {raw!r}: give at least {minimum:g}.")
    return number


def parse_fault(body: Mapping[str, Any], services: Collection[str]) -> Fault:
    """Parse the body of POST /_sandbox/faults, for one of these services. Raises `InvalidFault`."""
    service, mode = body.get("service"), str(body.get("mode", ""))
    if not isinstance(service, str) or service not in services:
        raise InvalidFault(f"service is {service!r}: give one of {', '.join(services)}.")
    if mode not in ALL_MODES:
        raise InvalidFault(f"mode is {mode!r}: give one of {', '.join(ALL_MODES)}.")
    path = body.get("path") or None
    if path is not None and not isinstance(path, str):
        raise InvalidFault(f"path is {path!r}: give a text or null.")
    seconds = _optional_number(body, "seconds", float, 0)
    return Fault(
        service, mode, DEFAULT_SECONDS if seconds is None else seconds, _optional_number(body, "count", int, 1), path
    )


class Faults:
    """The active faults. The newest that applies to a request is used."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._faults: list[Fault] = []
        self._round = 0

    def add(self, fault: Fault) -> None:
        """Activate a fault. It replaces one for the same service and path."""
        with self._changed:
            self._faults = [old for old in self._faults if (old.service, old.path) != (fault.service, fault.path)]
            self._faults.insert(0, fault)

    def clear(self, service: str | None = None) -> None:
        """Remove all faults, or those of one service, and release hanging requests."""
        with self._changed:
            self._faults = [fault for fault in self._faults if service and fault.service != service]
            self._round += 1
            self._changed.notify_all()

    def listed(self) -> list[dict[str, Any]]:
        """Return the active faults, newest first."""
        with self._changed:
            return [asdict(fault) for fault in self._faults]

    def take(self, service: str, path: str, *, is_write: bool) -> Fault | None:
        """Return the fault for this request and decrement its count."""
        with self._changed:
            fault = next((fault for fault in self._faults if fault.applies_to(service, path, is_write=is_write)), None)
            if fault and fault.count is not None:
                fault.count -= 1
                if not fault.count:
                    self._faults.remove(fault)
            return fault

    def wait(self, seconds: float) -> None:
        """Wait for this time (s), or until the faults are cleared."""
        until = time.monotonic() + seconds
        with self._changed:
            begun = self._round
            while self._round == begun and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
