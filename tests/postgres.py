"""A PostgreSQL server for one command, from Debian's server programs; removed when the command ends.

    python -m tests.postgres pytest -q

runs the command with TEST_DATABASE_URL and DATABASE_URL pointing at a new, empty server on a Unix socket in a
temporary directory. As root the server runs as the system's user `postgres`, which Debian's package makes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

START_S = 30
# The data of this server need not survive a power failure.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "jit": "off",
    "listen_addresses": "",
}


def programs() -> Path | None:
    """The folder of the newest server programs on this machine; None where there are none."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def _as_owner() -> dict[str, Any]:
    """How to start the programs: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _wait_until_ready(folder: Path, home: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    ask = [str(folder / "pg_isready"), "-q", "-h", str(home), "-U", "postgres"]
    while subprocess.run(ask, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")
        time.sleep(0.05)


@contextlib.contextmanager
def throwaway_server() -> Iterator[str]:
    """The URL of an empty database on a new server, which ends with the block."""
    folder = programs()
    if folder is None:
        raise RuntimeError("No PostgreSQL server programs found. On Debian: apt-get install postgresql.")
    home = Path(tempfile.mkdtemp(prefix="certhelper-pg-", dir="/tmp"))
    owner = _as_owner()
    try:
        if owner:
            shutil.chown(home, "postgres", "postgres")
        data = home / "data"
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": home, **owner}
        subprocess.run(
            [folder / "initdb", "--no-sync", "--auth=trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D", data],
            check=True,
            **quiet,
        )
        settings = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        with (home / "log").open("w") as log:
            server = subprocess.Popen(
                [folder / "postgres", "-D", data, "-k", home, *settings], stderr=log, start_new_session=True, **quiet
            )
        try:
            _wait_until_ready(folder, home, server)
            subprocess.run([folder / "createdb", "-h", home, "-U", "postgres", "certhelper"], check=True, **quiet)
            yield f"postgres://postgres@{quote(str(home), safe='')}/certhelper"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=START_S)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with throwaway_server() as url:
        environment = {**os.environ, "TEST_DATABASE_URL": url, "DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
