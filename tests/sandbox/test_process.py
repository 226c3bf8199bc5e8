"""`manage.py sandbox` as a separate process: start and stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def started():
    """Start the command and wait for its output; stop it afterwards."""
    running = []

    def start(*arguments: str, **environment: str) -> tuple[subprocess.Popen, str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "sandbox", *arguments],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"} | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process, process.stdout.readline()

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_without_a_database_and_ends_at_once(started, ending):
    port = _free_port()
    began = time.monotonic()
    process, line = started("--port", str(port))
    assert time.monotonic() - began < PATIENCE_S
    assert line == f"Sandbox ready: http://127.0.0.1:{port}/_sandbox/\n"
    assert requests.get(f"http://127.0.0.1:{port}/_sandbox/", timeout=5).status_code == 200
    process.send_signal(ending)
    assert process.wait(PATIENCE_S) == 0


def test_server_stops_during_a_hanging_request(started):
    port = _free_port()
    process, _ = started(SANDBOX_PORT=str(port))
    base = f"http://127.0.0.1:{port}"
    requests.post(f"{base}/_sandbox/faults", json={"service": "oms", "mode": "hang", "seconds": 60}, timeout=5)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{base}/oms/agg/api/v1/runs", timeout=0.2)
    process.terminate()
    assert process.wait(PATIENCE_S) == 0
