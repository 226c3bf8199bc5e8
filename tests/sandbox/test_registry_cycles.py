"""Writes of certification calls in Run Registry: what is refused, and what the calls have afterwards."""

from __future__ import annotations

import pytest

from tests.sandbox.registry_calls import EXPERT, PROMPT, RUN, registry

__all__ = ["registry"]
NEW = {
    "cycle_name": "2018 week 19",
    "cycle_attributes": {"global_state": "pending", "tracker_state": "pending"},
    "deadline": "2018-05-15T00:00:00.000Z",
    "filter": {"run_number": RUN, "name": PROMPT},
}
FIRST_CALL = {"id_cycle": 1}


@pytest.fixture
def write(registry):
    """Send a write of calls; returns the JSON of the answer."""
    return lambda method, path, body: registry.call(method, path, body, EXPERT).json()


def _calls(registry):
    return {call["cycle_name"]: call for call in registry.call("GET", "cycles/tracker").json()}


def test_new_call_is_listed_by_its_deadline(registry, write):
    assert write("POST", "cycles", NEW)["cycle_name"] == "2018 week 19"
    listed = _calls(registry)
    assert list(listed) == ["2018 week 17", "2018 week 18", "2018 week 19"]
    assert [row["run_number"] for row in listed["2018 week 19"]["datasets"]] == [RUN]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"cycle_attributes": {}}, "There must be at least 1 workspace selected"),
        ({"cycle_attributes": {"tracker_state": "pending"}}, "Cycle must include global workspace state"),
        ({"cycle_name": ""}, "Please add a cycle name (must be unique)"),
        ({"deadline": ""}, "Please add cycle deadline"),
        ({"cycle_name": "2018 week 17"}, "Error creating cycle: SequelizeUniqueConstraintError: Validation error"),
        ({"filter": {"run_number": RUN}}, "Error creating cycle: Online dataset cannot be part of a cycle"),
        (
            {"filter": {"run_number": 1}},
            "Error creating cycle: No dataset found for filter criteria, select at least 1 dataset",
        ),
    ],
)
def test_refused_call_is_not_listed(registry, write, changes, error):
    assert write("POST", "cycles", NEW | changes) == {"err": error}
    assert list(_calls(registry)) == ["2018 week 17", "2018 week 18"]


def test_call_is_completed_by_workspace_with_global_as_the_last(registry, write):
    complete, pending = "cycles/mark_cycle_complete", "cycles/mark_cycle_pending"
    assert write("PUT", f"{complete}/tracker", FIRST_CALL)["err"].startswith("This cycle contains ")
    assert "yet been moved to completed in tracker" in write("PUT", f"{complete}/global", FIRST_CALL)["err"]
    for workspace in ("tracker", "global"):
        moved = write("POST", f"cycles/move_all_datasets_to/{workspace}", FIRST_CALL | {"to_state": "COMPLETED"})
        states = {row["Datasets"][0]["dataset_attributes"][f"{workspace}_state"] for row in moved["CycleDataset"]}
        assert states == {"COMPLETED"}
        done = write("PUT", f"{complete}/{workspace}", FIRST_CALL)
        assert done["cycle_attributes"][f"{workspace}_state"] == "completed"
    assert "marked completed in global workspace" in write("PUT", f"{pending}/tracker", FIRST_CALL)["err"]
    write("PUT", f"{pending}/global", FIRST_CALL)
    states = write("PUT", f"{pending}/tracker", FIRST_CALL)["cycle_attributes"]
    assert states == {"global_state": "pending", "tracker_state": "pending"}


def test_datasets_of_a_completed_call_stay(write):
    path = "cycles/move_all_datasets_to/tracker"
    write("POST", path, FIRST_CALL | {"to_state": "COMPLETED"})
    again = write("POST", path, FIRST_CALL | {"to_state": "OPEN"})
    assert again["err"].startswith("All the datasets in this cycle in workspace tracker, have already been moved")
    write("PUT", "cycles/mark_cycle_complete/tracker", FIRST_CALL)
    assert write("POST", path, FIRST_CALL | {"to_state": "OPEN"}) == {"err": "This cycle is already marked COMPLETED"}
    dataset = FIRST_CALL | {"run_number": RUN, "dataset_name": PROMPT, "workspace": "dt"}
    refused = write("POST", "cycles/move_dataset/dt/OPEN/SIGNOFF", dataset)
    assert refused == {"err": "Cycle does not exist in workspace dt"}


def test_hidden_dataset_stays_in_its_call(registry, write):
    before = len(_calls(registry)["2018 week 17"]["datasets"])
    body = {"filter": {"run_number": RUN, "name": PROMPT}, "reason_for_hiding": "test"}
    write("DELETE", "dc_tools/hide_datasets", body)
    assert len(_calls(registry)["2018 week 17"]["datasets"]) == before
