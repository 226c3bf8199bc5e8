"""The longest run of 2018 has 3,177 lumisections: what reading it takes, in a process of its own (`make prove`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.dials import catalogue, histograms
from tests.proof import IS_FULL

ROOT = Path(__file__).resolve().parents[2]
RUN, LUMISECTIONS = 315420, 3177  # it has 1,757 in the sandbox
ALL_ON, PILEUP = -1, 30.0
# Peak memory as the kernel has it for this program; that of `getrusage` begins with that of the parent.
READING = f"""
import time, django
django.setup()
from dials.reading import read_histograms
from infrastructure.http.budget import Budget
started = time.monotonic()
assert read_histograms({RUN}, "/PromptReco/Collisions2018A/DQM", Budget(600)).is_complete
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024, time.monotonic() - started)
"""


@pytest.mark.skipif(not IS_FULL, reason="reads 3,177 lumisections")
def test_longest_run_takes_150_mb_of_memory_and_60_seconds(sandbox, monkeypatch, tmp_path):
    _lengthen(monkeypatch)
    environment = os.environ | sandbox.addresses()
    environment |= {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'longest.sqlite3'}",
        "VAR_DIR": str(tmp_path),
        "CERTHELPER_MODE": "sandbox",
        "DJANGO_SETTINGS_MODULE": "certhelper.settings",
    }
    _run(environment, "manage.py", "migrate", "-v0")
    sandbox.clear_requests()
    megabytes, seconds = map(float, _run(environment, "-c", READING).split())
    asked = sandbox.requests("dials")
    assert (megabytes <= 150, seconds <= 60) == (True, True), (megabytes, seconds)
    assert len(asked) <= 30 * LUMISECTIONS / 1000
    assert sum(call["bytes"] for call in asked) <= 30_000 * LUMISECTIONS


def _lengthen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the run of the sandbox as many lumisections, all with the same pile-up and every detector on."""
    numbers = tuple(range(1, LUMISECTIONS + 1))
    active, conditions = catalogue._active, histograms._conditions
    monkeypatch.setattr(catalogue, "_active", lambda number: numbers if number == RUN else active(number))
    known = dict.fromkeys(numbers, (PILEUP, ALL_ON))
    monkeypatch.setattr(histograms, "_conditions", lambda number: known if number == RUN else conditions(number))


def _run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
