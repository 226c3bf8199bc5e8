"""`make test`: the suite on SQLite; then on PostgreSQL and, beside it, in a browser. What is left out is named."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from tests import chromium, office, postgres

RULE = "=" * 78
NO_BROWSER = ("-m", "not e2e")
# Half of the time on SQLite.
LONG = tuple(
    f"tests/{name}" for name in ("anything", "faults", "history", "imports", "reports", "shiftleader", "stress")
)


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201


def pytest(*arguments: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of pytest in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "TEST_DATABASE_URL")}
    return [sys.executable, "-m", "pytest", "--durations=12", "--durations-min=4", *arguments], {**clean, **environment}


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


def on_sqlite() -> bool:
    """Two halves side by side, since most machines have two cores."""
    others = [f"--ignore={folder}" for folder in LONG]
    with beside("The suite on SQLite, the rest of it", *NO_BROWSER, *others) as passed:
        first = passes("The suite on SQLite", *NO_BROWSER, *LONG)
    return first and passed == [True]


def on_postgresql_and_in_a_browser() -> dict[str, bool]:
    """What there is of both, side by side."""
    outcomes: dict[str, bool] = {}
    with contextlib.ExitStack() as stack:
        if postgres.programs():
            url = stack.enter_context(postgres.throwaway_server())
            title = "The suite on PostgreSQL"
            passed = stack.enter_context(beside(title, *NO_BROWSER, TEST_DATABASE_URL=url))
        if chromium.executable():
            outcomes["Browser"] = passes("The journeys in Chromium", "-m", "e2e")
    return ({"PostgreSQL": passed == [True]} if postgres.programs() else {}) | outcomes


def left_out() -> list[str]:
    """A sentence for each thing that this machine lacks."""
    lacking = {
        "PostgreSQL: no server programs found. On Debian: apt-get install postgresql.": postgres.programs(),
        "Browser: no Chromium found. On Debian: apt-get install chromium.": chromium.executable(),
        f"Slides as LibreOffice shows them: {office.LACKING}": office.programs(),
    }
    return [sentence for sentence, found in lacking.items() if not found]


def main() -> int:
    outcomes = {"SQLite": on_sqlite()} | on_postgresql_and_in_a_browser()
    say(RULE)
    for name, passed in outcomes.items():
        say(f"{name}: {'passed' if passed else 'FAILED'}")
    for sentence in left_out():
        say(f"!!! LEFT OUT: {sentence}")
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
