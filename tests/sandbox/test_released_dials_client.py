"""The released `cmsdials` client works against the sandbox unchanged.

It pins urllib3 below 2, so it has an environment of its own, whose interpreter CMSDIALS_PYTHON names:
`python3 -m venv FOLDER && FOLDER/bin/pip install cmsdials==2.4.1`.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("drive_dials_client.py")


def test_every_call_of_the_readme_returns_the_data_of_the_sandbox(sandbox, tmp_path):
    interpreter = os.environ.get("CMSDIALS_PYTHON")
    if not interpreter:
        pytest.skip("NOT PROVEN: CMSDIALS_PYTHON is not set. Set it to a Python that has cmsdials.")
    command = [interpreter, str(SCRIPT), sandbox.base_url]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["got"] == {
        "file": "FINISHED",
        "h1d": 100,
        "h2d": 32,
        "lumi": 54,
        "run": 848,
        "model": "pixel-barrel-nmf",
        "flag": 1.0,
        "retries": 0,
    }
    counted = results["counted"]
    assert (counted["datasets"], counted["mes"], counted["models"], counted["flags"]) == (4, 57, 1, 563)
    assert {counted[name] for name in ("files", "h1d", "h2d", "lumi", "run", "file_index")} == {10}
    assert {counted[name] for name in ("h1d of a name", "h2d of a lumisection", "lumi of a run")} == {50}
    assert results["resumed"] == [20, 40, 40]
    assert results["golden"] == {"315357": [[1, 299]], "315366": [[1, 750], [765, 775]]}
    assert (results["cert"], results["secret"]) == (549, 10)
    assert results["workspaces"] == [{"workspaces": ["global", "jetmet", "tracker"]}, {"workspace": "tracker"}]
