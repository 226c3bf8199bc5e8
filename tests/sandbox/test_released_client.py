"""The released `runregistry` client works against the sandbox unchanged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("drive_client.py")


@pytest.fixture(params=["local", "token"])
def answers(request, sandbox, tmp_path):
    """The results of the client, with the header `email` and with tokens."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), sandbox.base_url, request.param],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    asked_for_tokens = bool(sandbox.requests("sso"))
    assert asked_for_tokens == (request.param == "token")
    return json.loads(done.stdout)


def test_every_call_returns_the_data_of_the_sandbox(answers):
    runs = [run["run_number"] for run in answers["get_runs"]]
    assert runs == sorted(set(runs), reverse=True)
    assert (runs[0], runs[-1]) == (315270, 315257)
    run = answers["get_run"]
    assert (run["class"], run["state"], run["significant"]) == ("Collisions18", "SIGNOFF", True)
    assert run["oms_attributes"]["ls_duration"] == 92
    assert run["lumisections"]["tracker-strip"] == {"EMPTY": 0, "GOOD": 96, "causes": [], "comments": []}
    assert answers["get_run of none"] == {}
    assert {row["dataset_attributes"]["tracker_state"] for row in answers["get_datasets"]} == {"OPEN"}
    assert answers["get_dataset"]["lumisections"]["tracker-track"]["NOTSET"] == 96
    assert answers["get_dataset_names_of_run"][0] == "online"
    assert len(answers["get_lumisections"]) == len(answers["get_oms_lumisections"]) == 96
    assert answers["get_lumisection_ranges"][-1]["end"] == 96
    assert answers["get_lumisection_ranges_by_component"]["tracker-track"][0]["end"] == 96
    assert answers["get_oms_lumisection_ranges"][0]["bpix_ready"] is True
    assert {"bpix_ready", "tracker-track", "start", "end"} <= answers["get_joint_lumisection_ranges"][0].keys()
    assert [cycle["cycle_name"] for cycle in answers["get_cycles"]] == ["2018 week 17", "2018 week 18"]
    assert len(answers["get_datasets_accepted"]) == 4
