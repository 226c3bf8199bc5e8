"""`make test`: the suite on SQLite, then on PostgreSQL and in a browser where their programs are found."""

from __future__ import annotations

import os
import subprocess
import sys

from tests import chromium, postgres

RULE = "=" * 78


def run_pytest(title: str, *arguments: str, **environment: str) -> bool:
    """Run pytest in a process of its own; whether it passed."""
    print(f"{RULE}\n{title}\n{RULE}", flush=True)  # noqa: T201
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "TEST_DATABASE_URL")}
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, env={**clean, **environment}, check=False).returncode == 0


def on_postgres() -> bool:
    with postgres.throwaway_server() as url:
        return run_pytest("The suite on PostgreSQL", "-m", "not e2e", TEST_DATABASE_URL=url)


def main() -> int:
    outcomes = {"SQLite": run_pytest("The suite on SQLite", "-m", "not e2e")}
    left_out = []
    if postgres.programs():
        outcomes["PostgreSQL"] = on_postgres()
    else:
        left_out.append("PostgreSQL: no server programs found. On Debian: apt-get install postgresql.")
    if chromium.executable():
        outcomes["Browser"] = run_pytest("The journeys in Chromium", "-m", "e2e")
    else:
        left_out.append("Browser: no Chromium found. On Debian: apt-get install chromium.")
    print(RULE)  # noqa: T201
    for name, passed in outcomes.items():
        print(f"{name}: {'passed' if passed else 'FAILED'}")  # noqa: T201
    for sentence in left_out:
        print(f"!!! LEFT OUT: {sentence}")  # noqa: T201
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
