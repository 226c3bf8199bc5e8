"""A group of child processes that all end when one of them ends, or when the `make` that started us ends.

Neither honcho nor a shell with traps replaces this: both keep running when `make` alone is killed, or interrupted
while it waits, and both leave children behind when they are killed themselves. supervisor is a daemon with a
configuration file of its own, and outlives `make` by design.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType, TracebackType

POLL_S = 0.2
GRACE_S = 8
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A stop signal arrived. A BaseException, so that no `except Exception` on the way handles it."""


def _stop(signum: int, _frame: FrameType | None) -> None:
    for name in _STOP_SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    raise Stopped(signal.Signals(signum).name)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


class ParentWatch:
    """The `make` that started this process, if one did.

    A `make` that alone receives SIGINT (Ctrl-C reaches its children too) only waits for them, and one that is killed
    sends no signal. On Linux both are visible: its handler for SIGINT is the default again, or our parent has changed.
    """

    def __init__(self) -> None:
        self.pid = os.getppid()
        self.is_make = (self._process_status("Name") or "").endswith("make")

    def _process_status(self, name: str) -> str | None:
        """The value of one line of `/proc/<pid>/status`; None where there is no such file or line."""
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8", errors="replace")
            return next((line.split()[1] for line in status.splitlines() if line.startswith(f"{name}:")), None)
        return None

    def _was_interrupted(self) -> bool:
        masks = [self._process_status("SigCgt"), self._process_status("SigIgn")]
        return not any(mask is None or int(mask, 16) & (1 << (signal.SIGINT - 1)) for mask in masks)

    def has_ended(self) -> bool:
        return self.is_make and (os.getppid() != self.pid or self._was_interrupted())


class ProcessGroup:
    """A context manager that starts processes; all have ended when the context is left."""

    def __init__(self) -> None:
        self._members: dict[str, subprocess.Popen[bytes]] = {}
        self._optional: set[str] = set()
        self._previous_handlers: dict[signal.Signals, Any] = {}
        self._parent = ParentWatch()

    def __enter__(self) -> ProcessGroup:
        for name in _STOP_SIGNALS:
            self._previous_handlers[name] = signal.getsignal(name)
            if (
                name != signal.SIGHUP or self._previous_handlers[name] != signal.SIG_IGN
            ):  # under nohup SIGHUP stays ignored
                signal.signal(name, _stop)
        return self

    def __exit__(self, error_type: type[BaseException] | None, _value: object, _trace: TracebackType | None) -> bool:
        for name in _STOP_SIGNALS:
            signal.signal(name, signal.SIG_IGN)
        self._end_all()
        for name, handler in self._previous_handlers.items():
            signal.signal(name, handler)
        return error_type is Stopped

    def start(self, name: str, command: list[str], *, may_end: bool = False) -> None:
        """Start a process in a session of its own, so that Ctrl-C reaches it only through this group.

        `may_end`: it may end without an error while the others go on.
        """
        if may_end:
            self._optional.add(name)
        self._members[name] = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs yet in this process
        )

    def check(self) -> None:
        """Raise `ChildProcessError` with the name of a member that ended, `Stopped` where our `make` ended."""
        for name, process in self._members.items():
            if process.poll() is not None and not (process.returncode == 0 and name in self._optional):
                raise ChildProcessError(f"{name} ended with code {process.returncode}")
        if self._parent.has_ended():
            raise Stopped("make has ended")

    def watch(self) -> None:
        """Wait until a member ends or a stop signal arrives; always ends by an exception."""
        while True:
            self.check()
            time.sleep(POLL_S)

    def _end_all(self) -> None:
        for process in self._members.values():
            self._signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for process in self._members.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
        for process in self._members.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @staticmethod
    def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        if process.poll() is None:
            process.send_signal(number)
