"""Runs the unmodified `runregistry` client in a separate process: `drive_client.py BASE_URL local|token reads|writes`.

Prints one JSON object: what each call returned, for a failed write the text of the exception.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import sys

RUN, PROMPT = 315257, "/PromptReco/Collisions2018A/DQM"


def client(base_url: str, mode: str):
    """The client, configured for the sandbox through its module attributes."""
    os.environ |= {
        "ENVIRONMENT": "local" if mode == "local" else "production",
        "SSO_CLIENT_ID": "certhelper",
        "SSO_CLIENT_SECRET": "sandbox",
    }
    import runregistry.runregistry as module

    module.api_url = f"{base_url}/registry"
    endpoint = f"{base_url}/sso/auth/realms/cern/api-access/token"
    module.get_api_token = functools.partial(module.get_api_token, token_endpoint=endpoint)
    return module


def answers(rr) -> dict[str, object]:
    """The return value of each call."""
    ranges = {"run_number": {"and": [{">=": 315257}, {"<=": 315270}]}}
    return {
        "get_runs": rr.get_runs(filter=ranges, page_size=3),
        "get_run": rr.get_run(RUN),
        "get_run of none": rr.get_run(1),
        "get_datasets": rr.get_datasets(filter=ranges | {"tracker_state": "OPEN"}, page_size=5),
        "get_dataset": rr.get_dataset(RUN, PROMPT),
        "get_dataset_names_of_run": rr.get_dataset_names_of_run(RUN),
        "get_lumisections": rr.get_lumisections(RUN, PROMPT),
        "get_lumisection_ranges": rr.get_lumisection_ranges(RUN, PROMPT),
        "get_lumisection_ranges_by_component": rr.get_lumisection_ranges_by_component(RUN, PROMPT),
        "get_oms_lumisections": rr.get_oms_lumisections(RUN),
        "get_oms_lumisection_ranges": rr.get_oms_lumisection_ranges(RUN),
        "get_joint_lumisection_ranges": rr.get_joint_lumisection_ranges(RUN, PROMPT),
        "get_cycles": rr.get_cycles(),
        "get_datasets_accepted": rr.get_datasets_accepted(),
    }


def writes(rr) -> dict[str, object]:
    """The return value or the error of each write."""
    edit = functools.partial(rr.edit_rr_lumisections, RUN, 5, 9, "tracker-pixel", "BAD", dataset_name=PROMPT)
    move = functools.partial(rr.move_datasets, dataset_name=PROMPT, workspace="tracker")
    calls = {
        "edit_rr_lumisections": functools.partial(edit, comment="HV trip", cause="HV"),
        "edit_rr_lumisections without comment": edit,
        "move_datasets": functools.partial(move, "OPEN", "SIGNOFF", runs=[RUN, 315259]),
        "move_datasets from waiting": functools.partial(move, "waiting dqm gui", "OPEN", run=316186),
        "move_datasets of none": functools.partial(move, "OPEN", "SIGNOFF", run=1),
        "move_runs": functools.partial(rr.move_runs, "SIGNOFF", "OPEN", run=RUN),
        "make_significant_runs": functools.partial(rr.make_significant_runs, run=RUN),
        "change_run_class": functools.partial(rr.change_run_class, [RUN], "Cosmics18"),
        "get_dataset": functools.partial(rr.get_dataset, RUN, PROMPT),
    }
    return {name: result_of(call) for name, call in calls.items()}


def result_of(call) -> object:
    """What the call returns, or the text of its exception."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the client raises nothing narrower
        return str(error)


if __name__ == "__main__":
    base_url, mode, what = sys.argv[1:]
    with contextlib.redirect_stdout(io.StringIO()):
        result = {"reads": answers, "writes": writes}[what](client(base_url, mode))
    sys.stdout.write(json.dumps(result))
