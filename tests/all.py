"""`make test`: the suite on SQLite, on PostgreSQL, and in browsers, three at a time. What is left out is named.

With PROVE=1 (`make prove`) the long proofs have their full size, and the branch coverage on SQLite is printed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from subprocess import PIPE, STDOUT
from typing import TYPE_CHECKING

from tests import chromium, firefox, office, paper, postgres
from tests.proof import IS_FULL

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = "=" * 78
NO_BROWSER = ("--ignore=tests/e2e",)
# Parts of the suite on SQLite; the last part is all others. Shorter runs keep both cores busy to the end.
PARTS = (
    ("audit", "certhelper", "certify/imports", "faults", "fuzz", "oms", "stress"),
    ("infrastructure", "listruns", "openruns", "registry", "reports", "sandbox", "shiftleader"),
    ("api", "drafts", "golden", "history_pages", "registry_sync", "upgrade", "users"),
)
# -rs names what only Chromium can do, with the reasons.
IN_FIREFOX = ("tests/e2e", "--browser", "firefox", "-rs", *(() if IS_FULL else ("-m", "main")))
FIREFOX_TITLE = "The journeys in Firefox" if IS_FULL else "The main journeys in Firefox"
COVERAGE = ("-m", "coverage", "run", "--parallel-mode")


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201


def pytest(*arguments: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of pytest in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "TEST_DATABASE_URL")}
    measured = COVERAGE if IS_FULL and "TEST_DATABASE_URL" not in environment else ()
    return [sys.executable, *measured, "-m", "pytest", "--durations=12", "--durations-min=4", *arguments], {
        **clean,
        **environment,
    }


def passes(title: str, *arguments: str, **environment: str) -> bool:
    """Run pytest and print its output; return whether it passed."""
    say(f"Begun: {title}")
    command, clean = pytest(*arguments, **environment)
    ran = subprocess.run(command, env=clean, check=False, stdout=PIPE, stderr=STDOUT, text=True)
    say(RULE, title, RULE, ran.stdout)
    return ran.returncode == 0


def jobs(database: str) -> dict[str, Callable[[], bool]]:
    """The test runs, longest first; each runs in a separate process."""
    parts = [[f"tests/{name}" for name in names] for names in PARTS]
    others = [f"--ignore={folder}" for part in parts for folder in part]
    there_are = {
        "Browser": partial(passes, "The journeys in Chromium", "tests/e2e"),
        "PostgreSQL": partial(passes, "The suite on PostgreSQL", *NO_BROWSER, TEST_DATABASE_URL=database),
        "SQLite": partial(passes, "The suite on SQLite, all but its parts", *NO_BROWSER, *others),
        **{
            f"SQLite, part {number}": partial(passes, f"The suite on SQLite, part {number}", *part)
            for number, part in enumerate(parts, 1)
        },
        "Firefox": partial(passes, FIREFOX_TITLE, *IN_FIREFOX, PYTHONPATH=str(firefox.DRIVER)),
    }
    lacking = {"PostgreSQL": not database, "Browser": not chromium.executable(), "Firefox": not firefox.is_found()}
    return {name: job for name, job in there_are.items() if not lacking.get(name)}


def all_passed() -> dict[str, bool]:
    """Three at a time: most machines have two cores, and each run waits at times for others' processes."""
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(postgres.throwaway_server()) if postgres.programs() else ""
        lanes = stack.enter_context(ThreadPoolExecutor(3))
        running = {name: lanes.submit(job) for name, job in jobs(database).items()}
        return {name: future.result() for name, future in running.items()}


def say_coverage() -> None:
    """The branch coverage of the lanes on SQLite, by package and in all."""
    for command in (["combine", "--quiet"], ["report", "--format=total"], ["report", "--skip-covered"]):
        ran = subprocess.run(
            [sys.executable, "-m", "coverage", *command], check=False, stdout=PIPE, stderr=STDOUT, text=True
        )
        say(ran.stdout)


def left_out() -> list[str]:
    """A message for each program that this machine lacks, and for what only `make prove` runs."""
    lacking = {
        "PostgreSQL: no server programs found. On Debian: apt-get install postgresql.": postgres.programs(),
        "Browser: no Chromium found. On Debian: apt-get install chromium.": chromium.executable(),
        f"Firefox: {firefox.LACKING}": firefox.is_found(),
        f"The list on paper: {paper.LACKING}": paper.program(),
        "Firefox: all journeys but those marked `main`; `make prove` runs them.": IS_FULL or not firefox.is_found(),
        "PostgreSQL: two thirds of the sets of parameters, and what is as on SQLite; `make prove` runs them.": (
            IS_FULL or not postgres.programs()
        ),
        f"Slides as LibreOffice shows them: {office.LACKING}": office.programs(),
    }
    return [sentence for sentence, found in lacking.items() if not found]


def main() -> int:
    outcomes = all_passed()
    say(RULE)
    if IS_FULL:
        say_coverage()
    for name, passed in outcomes.items():
        say(f"{name}: {'passed' if passed else 'FAILED'}")
    for sentence in left_out():
        say(f"!!! LEFT OUT: {sentence}")
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
