"""A separate site with database, sandbox and gunicorn, whose web server can be killed and started again."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from tests.postgres import throwaway_server
from tools.bench.site import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60


class ManagedProcess:
    """One program in a separate process group that responds at a URL when it is ready."""

    def __init__(self, address: str, log: Path, *command: str) -> None:
        self.address, self.log, self.command = address, log, [sys.executable, *command]
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it responds."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(self.command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self._running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.command} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(self.address, timeout=5).ok
        return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to the process group, and wait until it has ended."""
        if self._running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, how)
            self._running.wait(PATIENCE_S)
            self._running = None

    def kill(self) -> None:
        """Send SIGKILL to master and workers at once."""
        self.end(signal.SIGKILL)


class StressSite:
    """The URL of the site, and its web server."""

    def __init__(self, port: int, log: Path) -> None:
        from certhelper.management.commands.serve import gunicorn_command

        self.url = f"http://127.0.0.1:{port}"
        self.server = ManagedProcess(f"{self.url}/healthz", log, *gunicorn_command(port, workers=2)[1:])


@contextlib.contextmanager
def whole_site(database: str) -> Iterator[StressSite]:
    """A new site with the demo content, on "postgres" or "sqlite", whose database this process uses, too."""
    with database_and_sandbox(database) as log, contextlib.ExitStack() as stack:
        _fill_database()
        site = StressSite(free_port(), log)
        stack.callback(site.server.end)
        site.server.start()
        yield site


@contextlib.contextmanager
def database_and_sandbox(database: str) -> Iterator[Path]:
    """An empty database and a sandbox, in the environment of this process and its children; yields their log."""
    sandbox_port = free_port()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="certhelper-stress-"))
        log = Path(folder) / "log"
        sandbox = ManagedProcess(f"http://127.0.0.1:{sandbox_port}/_sandbox/", log, str(ROOT / "manage.py"), "sandbox")
        _set_environment(stack.enter_context(_database_url(database)), folder, sandbox_port)
        stack.callback(sandbox.end)
        sandbox.start()
        _migrate()
        yield log


@contextlib.contextmanager
def _database_url(database: str) -> Iterator[str]:
    if database == "sqlite":
        yield ""  # a file in VAR_DIR
    else:
        with throwaway_server() as url:
            yield url


def _set_environment(database_url: str, folder: str, sandbox_port: int) -> None:
    for name in ("DATABASE_URL", "TEST_DATABASE_URL", "CACHE_DIR", "STATIC_ROOT"):
        os.environ.pop(name, None)
    os.environ |= {
        "CERTHELPER_MODE": "sandbox",
        "VAR_DIR": folder,
        "SANDBOX_PORT": str(sandbox_port),
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "certhelper.settings",
        **({"DATABASE_URL": database_url} if database_url else {}),
    }


def _migrate() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


def _fill_database() -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("demo", stdout=io.StringIO())
    connections.close_all()
