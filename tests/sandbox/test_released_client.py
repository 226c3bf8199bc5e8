"""The released `runregistry` client works against the sandbox unchanged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.registry.access import EXPERTS

SCRIPT = Path(__file__).with_name("drive_client.py")


def _drive(sandbox, folder, mode, what):
    """The results of the client: its reads, or its writes."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), sandbox.base_url, mode, what],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    asked_for_tokens = bool(sandbox.requests("sso"))
    assert asked_for_tokens == (mode == "token")
    return json.loads(done.stdout)


@pytest.fixture(params=["local", "token"])
def answers(request, sandbox, tmp_path):
    """The results of the client's reads, with the header `email` and with tokens."""
    return _drive(sandbox, tmp_path, request.param, "reads")


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


@pytest.mark.parametrize("mode", ["token", "local without checks"])
def test_writes_of_the_client_are_done(sandbox, tmp_path, mode):
    if mode != "token":
        sandbox.registry(permissions=None)  # as the backend with NO_CHECK_AUTH=1: this target sends no e-groups
    else:
        sandbox.registry(egroups=EXPERTS)
    results = _drive(sandbox, tmp_path, mode.split(maxsplit=1)[0], "writes")
    assert results["edit_rr_lumisections"]["manual_change"] is True
    text = "Got response 500 when editing rr lumisections: "
    assert results["edit_rr_lumisections without comment"].startswith(text)
    states = [row["dataset_attributes"]["tracker_state"] for row in results["move_datasets"]]
    assert states == ["SIGNOFF", "SIGNOFF"]
    [opened] = results["move_datasets from waiting"]
    assert opened["dataset_attributes"]["tracker_state"] == "OPEN"
    assert "Cannot destructure property" in results["move_datasets of none"]
    assert results["move_runs"][0]["rr_attributes"]["state"] == "OPEN"
    assert "Run is already significant" in results["make_significant_runs"]
    assert results["change_run_class"][0]["rr_attributes"]["class"] == "Cosmics18"
    dataset = results["get_dataset"]
    assert (dataset["class"], dataset["dataset_attributes"]["tracker_state"]) == ("Cosmics18", "SIGNOFF")
    pixel = dataset["lumisections"]["tracker-pixel"]
    assert (pixel["BAD"], pixel["causes"], pixel["comments"]) == (5, ["HV"], ["HV trip"])


def test_local_target_of_the_client_may_not_write(sandbox, tmp_path):
    results = _drive(sandbox, tmp_path, "local", "writes")
    for name in ("edit_rr_lumisections", "move_datasets", "move_runs"):
        assert "Request must provide email and egroups" in results[name]
    assert results["get_dataset"]["dataset_attributes"]["tracker_state"] == "OPEN"
