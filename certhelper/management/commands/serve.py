"""`manage.py serve`: sandbox, web server and worker in the foreground, on this machine alone (`make run`)."""

from __future__ import annotations

import http.client
import socket
import sys
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from certhelper import env
from certhelper.checks import require_startup_checks
from certhelper.process_group import ProcessGroup
from certhelper.static_files import collect_changed_static_files

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

HOST = "127.0.0.1"
START_S = 50
THREADS = 4


def _is_answering(port: int, path: str) -> bool:
    """Whether a GET of this path is answered with status 200."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _require_free_ports(ports: dict[str, int]) -> None:
    """Raise `CommandError` that names every port which another program listens on, and its variable."""
    taken = {name: port for name, port in ports.items() if not _is_free(port)}
    if taken:
        numbers = " ".join(f"Port {port} is taken." for port in taken.values())
        others = " ".join(f"{name}={port + 1}" for name, port in taken.items())
        raise CommandError(f"{numbers} Choose another: {others} make run.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _wait_for(group: ProcessGroup, program: str, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not is_ready():
        group.check()
        if time.monotonic() > deadline:
            raise CommandError(f"{program} did not answer within {START_S} s.")
        time.sleep(0.05)


def gunicorn_command(port: int, workers: int) -> list[str]:
    """The command that starts the web server; tests that kill it use the same one."""
    return [
        *(sys.executable, "-m", "gunicorn", "certhelper.wsgi:application"),
        *("--config", str(settings.BASE_DIR / "gunicorn.conf.py")),
        *("--bind", f"{HOST}:{port}", "--workers", str(workers), "--threads", str(THREADS)),
        *("--graceful-timeout", "5", "--no-control-socket", "--preload", "--log-level", "warning"),
    ]


def _prepare_database() -> None:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CommandError(f"The database does not answer. Check DATABASE_URL, and that it runs: {reason}") from None


class Command(BaseCommand):
    help = "Database, demo content, sandbox and web server, in the foreground, on this machine alone."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=env.port("PORT", 8000))
        parser.add_argument("--workers", type=int, default=env.integer("WORKERS", 2, 1, 64))

    def handle(self, *, port: int, workers: int, **_options: object) -> None:
        if not settings.IS_SANDBOX:
            raise CommandError("serve is for one machine with the sandbox: set CERTHELPER_MODE=sandbox.")
        require_startup_checks()
        sandbox_port = env.port("SANDBOX_PORT", 9500)
        _require_free_ports({"PORT": port, "SANDBOX_PORT": sandbox_port})
        try:
            with ProcessGroup() as group:
                self._start(group, port, sandbox_port, workers)
                group.watch()
        except ChildProcessError as error:
            raise CommandError(f"{error}; everything else was ended too.") from None
        self.stdout.write("Ended.")

    def _start(self, group: ProcessGroup, port: int, sandbox_port: int, workers: int) -> None:
        """Start both servers at once, since loading takes longest; their addresses are printed when both answer."""
        group.start("The sandbox", [sys.executable, str(settings.BASE_DIR / "manage.py"), "sandbox"])
        _prepare_database()
        collect_changed_static_files()
        group.start("The web server", gunicorn_command(port, workers))
        _wait_for(group, "The sandbox", lambda: _is_answering(sandbox_port, "/_sandbox/"))
        call_command("demo")
        connections.close_all()
        group.start("The worker", [sys.executable, str(settings.BASE_DIR / "manage.py"), "work"], may_end=True)
        _wait_for(group, "The web server", lambda: _is_answering(port, str(settings.LOGIN_URL)))
        self.stdout.write(f"Sandbox: http://{HOST}:{sandbox_port}/_sandbox/")
        self.stdout.write(f"Ready: http://{HOST}:{port}/")
        self.stdout.flush()
