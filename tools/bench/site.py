"""A temporary site for the benchmark: PostgreSQL, sandbox and gunicorn on free ports."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.postgres import throwaway_server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60


@dataclass(frozen=True)
class BenchSite:
    """The addresses of the site and its sandbox."""

    url: str
    sandbox: str

    def slow_down(self, service: str, seconds: float) -> None:
        """Make the service respond to each call after this many seconds."""
        body = {"service": service, "mode": "slow", "seconds": seconds}
        requests.post(f"{self.sandbox}/_sandbox/faults", json=body, timeout=TIMEOUT_S).raise_for_status()

    def clear_requests(self) -> None:
        requests.delete(f"{self.sandbox}/_sandbox/requests", timeout=TIMEOUT_S).raise_for_status()

    def outside_calls(self) -> list[dict[str, Any]]:
        """The calls of the site to outside services since `clear_requests`: service, start and duration in seconds."""
        calls: list[dict[str, Any]] = requests.get(f"{self.sandbox}/_sandbox/requests", timeout=TIMEOUT_S).json()
        return calls


def free_port() -> int:
    """A TCP port that no program listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def whole_site() -> Iterator[BenchSite]:
    """Run `manage.py serve` on an empty PostgreSQL, and set this process's environment so that Django uses the same."""
    port, sandbox_port = free_port(), free_port()
    with throwaway_server() as database, tempfile.TemporaryDirectory(prefix="certhelper-bench-") as folder:
        os.environ |= {
            "CERTHELPER_MODE": "sandbox",
            "DATABASE_URL": database,
            "VAR_DIR": folder,
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox_port),
            "WORKERS": "2",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "certhelper.settings",
        }
        command = [sys.executable, str(ROOT / "manage.py"), "serve"]
        serve = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
        try:
            if not any(line.startswith("Ready") for line in serve.stdout or ()):
                raise RuntimeError("The site did not start.")
            yield BenchSite(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}")
        finally:
            serve.send_signal(signal.SIGTERM)
            serve.wait(timeout=TIMEOUT_S)
