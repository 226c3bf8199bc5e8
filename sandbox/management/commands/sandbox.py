"""`manage.py sandbox`: stand-ins of the external services on this machine."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from sandbox.server import DEFAULT_PORT, SandboxServer, warm_up

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from types import FrameType


class Command(BaseCommand):
    """Serve the stand-ins until SIGINT or SIGTERM. Needs no database."""

    help = "Serve stand-ins of Run Registry, OMS, DIALS and the CERN sign-in on 127.0.0.1."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="Default: SANDBOX_PORT, else 9500.")

    def handle(self, **options: Any) -> None:
        warm_up()
        port = port_of_environment() if options["port"] is None else options["port"]
        with SandboxServer(port) as server:
            stop_at_signals(server)
            self.stdout.write(f"Sandbox ready: {server.base_url}/_sandbox/")
            self.stdout.flush()
            server.serve_forever(poll_interval=0.1)


def port_of_environment() -> int:
    """Return SANDBOX_PORT, or the default port. Raises `CommandError`."""
    raw = os.environ.get("SANDBOX_PORT") or str(DEFAULT_PORT)
    if not raw.isdigit():
        raise CommandError(f"SANDBOX_PORT is {raw!r}: give a port number.")
    return int(raw)


def stop_at_signals(server: SandboxServer) -> None:
    """Shut down immediately on SIGINT and SIGTERM, without waiting for open connections."""

    def stop(_signum: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
