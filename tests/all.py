"""`make test`: the suite on SQLite and, beside it, on PostgreSQL; then in a browser. What is left out is named."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from tests import chromium, office, postgres

RULE = "=" * 78


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201


def pytest(*arguments: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of pytest in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "TEST_DATABASE_URL")}
    return [sys.executable, "-m", "pytest", *arguments], {**clean, **environment}


def passes(title: str, *arguments: str) -> bool:
    """Run pytest; whether it passed."""
    say(RULE, title, RULE)
    command, environment = pytest(*arguments)
    return subprocess.run(command, env=environment, check=False).returncode == 0


@contextlib.contextmanager
def beside(title: str, *arguments: str, **environment: str) -> Iterator[list[bool]]:
    """Run pytest while the block runs; its output follows, and whether it passed stands in the list."""
    outcome: list[bool] = []
    command, environment = pytest(*arguments, **environment)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield outcome
            outcome.append(process.wait() == 0)
        finally:
            process.terminate()
        output.seek(0)
        say(RULE, title, RULE, output.read())


def on_both_databases() -> dict[str, bool]:
    """Two processes, since most machines have two cores."""
    with (
        postgres.throwaway_server() as url,
        beside("The suite on PostgreSQL", "-m", "not e2e", TEST_DATABASE_URL=url) as passed,
    ):
        on_sqlite = passes("The suite on SQLite", "-m", "not e2e")
    return {"SQLite": on_sqlite, "PostgreSQL": passed == [True]}


def main() -> int:
    left_out = []
    if postgres.programs():
        outcomes = on_both_databases()
    else:
        outcomes = {"SQLite": passes("The suite on SQLite", "-m", "not e2e")}
        left_out.append("PostgreSQL: no server programs found. On Debian: apt-get install postgresql.")
    if chromium.executable():
        outcomes["Browser"] = passes("The journeys in Chromium", "-m", "e2e")
    else:
        left_out.append("Browser: no Chromium found. On Debian: apt-get install chromium.")
    if not office.programs():
        left_out.append(f"Slides as LibreOffice shows them: {office.LACKING}")
    say(RULE)
    for name, passed in outcomes.items():
        say(f"{name}: {'passed' if passed else 'FAILED'}")
    for sentence in left_out:
        say(f"!!! LEFT OUT: {sentence}")
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
