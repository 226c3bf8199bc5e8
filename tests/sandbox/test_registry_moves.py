"""States of datasets and runs in Run Registry: moves, batches, hidden datasets."""

from __future__ import annotations

import pytest

from tests.sandbox.registry_calls import ADMIN, EXPERT, EXPRESS, PROMPT, RUN, registry

__all__ = ["registry"]
ONE_DATASET = {"run_number": {"=": RUN}, "name": {"=": PROMPT}}
NO_SUCH_STATE = "The final state must be SIGNOFF, OPEN OR COMPLETED, no other option is valid"
NO_STATE = "Error duplicating datasets: No state defined for {} in {} in workspace {}, cannot change state"
BATCH = "dc_tools/change_multiple_dataset_states/tracker"


def _state(row, workspace="tracker"):
    return row["dataset_attributes"].get(f"{workspace}_state")


def test_move_is_in_every_read_and_leaves_flags(registry):
    flags = registry.column("tracker-track")
    before = registry.dataset()
    row = registry.move("SIGNOFF").json()
    assert (_state(row), _state(row, "global")) == ("SIGNOFF", "OPEN")
    assert row["version"] > before["version"]
    assert row["DatasetTripletCache"]["version"] == before["DatasetTripletCache"]["version"]
    assert row == registry.dataset()
    [found] = registry.filtered(ONE_DATASET | {"dataset_attributes.tracker_state": {"=": "SIGNOFF"}})
    assert found["version"] == row["version"]
    assert registry.column("tracker-track") == flags
    newest = registry.versions()[0]
    assert (newest["by"], newest["comment"]) == ("shifter@cern.ch", "manual change of state of dataset")


def test_old_state_is_ignored_and_new_one_not_checked(registry):
    registry.move("COMPLETED")
    assert _state(registry.move("SIGNOFF", from_state="OPEN").json()) == "SIGNOFF"
    assert _state(registry.move("BANANA", headers=EXPERT).json()) == "BANANA"


def test_workspace_is_that_of_the_body(registry):
    assert _state(registry.move("SIGNOFF", workspace="ecal").json(), "ecal") == "SIGNOFF"
    body = {"run_number": RUN, "dataset_name": PROMPT}
    row = registry.call("POST", "datasets/tracker/move_dataset/OPEN/SIGNOFF", body, EXPERT).json()
    assert (_state(row, "undefined"), _state(row)) == ("SIGNOFF", "OPEN")


def test_opening_a_waiting_dataset_in_global_opens_it_everywhere(registry):
    waiting = {"run_number": 316186, "dataset_name": PROMPT}
    path = "datasets/{0}/move_dataset/waiting%20dqm%20gui/OPEN"
    row = registry.call("POST", path.format("tracker"), waiting | {"workspace": "tracker"}, EXPERT).json()
    assert (_state(row), _state(row, "dt")) == ("OPEN", "waiting dqm gui")
    row = registry.call("POST", path.format("global"), waiting | {"workspace": "global"}, EXPERT).json()
    assert {state for name, state in row["dataset_attributes"].items() if name.endswith("_state")} == {"OPEN"}
    assert 316186 not in {row["run_number"] for row in registry.call("GET", "datasets_waiting").json()}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"run_number": 999999}, "Cannot destructure property 'dataset_attributes' of 'dataset' as it is null."),
        (
            {"dataset_name": f"{PROMPT}\n"},
            "Cannot destructure property 'dataset_attributes' of 'dataset' as it is null.",
        ),
        ({"run_number": "abc"}, 'invalid input syntax for type integer: "abc"'),
    ],
)
def test_unknown_dataset_is_not_moved(registry, changes, error):
    newest = registry.versions()
    answer = registry.move("SIGNOFF", **changes)
    assert (answer.status_code, answer.json()) == (500, {"err": error})
    assert registry.versions() == newest


def test_batch_moves_only_what_is_in_the_old_state(registry):
    filters = {"run_number": {"or": [RUN, 315265]}, "name": {"=": PROMPT}}
    registry.move("COMPLETED", run_number=315265)
    before = {row["run_number"]: row["version"] for row in registry.filtered(filters)}
    rows = registry.call("POST", f"{BATCH}/OPEN/SIGNOFF", {"filter": filters}, ADMIN).json()
    assert {row["run_number"]: _state(row) for row in rows} == {RUN: "SIGNOFF", 315265: "COMPLETED"}
    assert all(row["version"] > before[row["run_number"]] for row in rows)
    comment = "in batch from state OPEN to SIGNOFF in workspace tracker"
    assert registry.versions()[0]["comment"].endswith(comment)


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        (f"{BATCH}/OPEN/BANANA", {"filter": ONE_DATASET}, "The new state must be either COMPLETED, SIGNOFF or OPEN"),
        (f"{BATCH}/OPEN/SIGNOFF", {"filter": {"run_number": 1}}, "No dataset found for filter criteria"),
        (f"{BATCH}/OPEN/SIGNOFF", {}, "Cannot convert undefined or null to object"),
        (f"{BATCH}/OPEN/SIGNOFF", {"filter": None}, "Cannot convert undefined or null to object"),
        (
            f"{BATCH.replace('tracker', 'nope')}/OPEN/SIGNOFF",
            {"filter": ONE_DATASET},
            NO_STATE.format(RUN, PROMPT, "nope"),
        ),
        (
            f"{BATCH}/OPEN/SIGNOFF",
            {"filter": {"run_number": RUN}},
            NO_STATE.format(RUN, "online", "tracker"),
        ),
    ],
)
def test_refused_batch_moves_nothing(registry, path, body, error):
    newest = registry.versions()
    answer = registry.call("POST", path, body, EXPERT)
    assert (answer.status_code, answer.json()) == (500, {"err": error})
    assert (registry.versions(), _state(registry.dataset())) == (newest, "OPEN")


def test_batch_of_a_column_keeps_comments(registry):
    registry.edit(35, 39, "BAD", "HV trip", component="tracker-strip")
    body = {"filter": ONE_DATASET, "columns_to_update": ["tracker-strip"], "new_status": "STANDBY"}
    [row] = registry.call("POST", "dc_tools/dataset_column_batch_update", body, EXPERT).json()
    summary = row["DatasetTripletCache"]["triplet_summary"]["tracker-strip"]
    assert summary == {"STANDBY": 272, "EMPTY": 0, "causes": [], "comments": ["HV trip"]}
    assert registry.column("tracker-strip") == [(1, 34, "STANDBY"), (35, 39, "STANDBY"), (40, 272, "STANDBY")]


def test_batch_of_a_column_spares_a_dataset_without_lumisections(registry):
    body = {"filter": {"run_number": 316186, "name": PROMPT}, "columns_to_update": ["dt-dt"], "new_status": "GOOD"}
    [row] = registry.call("POST", "dc_tools/dataset_column_batch_update", body, EXPERT).json()
    assert (row["DatasetTripletCache"]["triplet_summary"], row["DatasetTripletCache"]["rr_ranges"]) == ({}, {})


def test_batch_of_an_unknown_column_is_answered_and_changes_nothing(registry):
    before = registry.dataset()
    body = {"filter": ONE_DATASET, "columns_to_update": ["tracker-nope"], "new_status": "BAD"}
    answer = registry.call("POST", "dc_tools/dataset_column_batch_update", body, EXPERT)
    assert (answer.status_code, answer.json()[0]["version"]) == (200, before["version"])
    assert registry.dataset() == before


@pytest.mark.parametrize("write", ["edit", "move"])
def test_hidden_dataset_comes_back_with_any_write(registry, write):
    body = {"filter": {"run_number": RUN, "name": EXPRESS}, "reason_for_hiding": "test"}
    [hidden] = registry.call("DELETE", "dc_tools/hide_datasets", body, EXPERT).json()
    assert hidden["deleted"] is False
    assert registry.filtered({"run_number": RUN, "name": EXPRESS}) == []
    assert EXPRESS not in registry.call("GET", f"get_all_dataset_names_of_run/{RUN}").json()
    assert registry.dataset(name=EXPRESS)["deleted"] is True
    if write == "edit":
        assert registry.edit(1, 1, dataset_name=EXPRESS).status_code == 200
    else:
        assert registry.move("SIGNOFF", dataset_name=EXPRESS).json()["deleted"] is False
    assert [row["deleted"] for row in registry.filtered({"run_number": RUN, "name": EXPRESS})] == [False]


def test_hiding_needs_a_reason_and_spares_online(registry):
    answer = registry.call("DELETE", "dc_tools/hide_datasets", {"filter": ONE_DATASET}, EXPERT)
    assert answer.json() == {"err": "You must provide a reason for hiding these datasets"}
    body = {"filter": {"run_number": RUN}, "reason_for_hiding": "test"}
    answer = registry.call("DELETE", "dc_tools/hide_datasets", body, EXPERT)
    assert answer.json() == {"err": "Error hiding datasets: You cannot delete the online dataset belonging to a run"}
    assert registry.dataset()["deleted"] is False


def test_changed_datasets_are_found_by_their_version(registry):
    newest = max(row["version"] for row in registry.filtered({}, page_size=5000))
    registry.edit(5, 9, "BAD", "HV trip")
    registry.move("SIGNOFF", run_number=315265)
    changed = registry.filtered({"version": {">": newest}}, sortings=[["version", "ASC"]])
    assert [row["run_number"] for row in changed] == [RUN, 315265]


def test_versions_of_datasets_are_unique_before_any_write(registry):
    versions = [row["version"] for row in registry.filtered({}, page_size=5000)]
    assert len(set(versions)) == len(versions)


def test_run_is_opened_edited_and_completed(registry):
    path = f"manual_run_edit/{RUN}"
    opened = registry.call("POST", "runs/move_run/SIGNOFF/OPEN", {"run_number": RUN}, EXPERT).json()
    assert opened["rr_attributes"]["state"] == "OPEN"
    for _ in range(2):
        edited = registry.call("PUT", f"{path}/stop_reason", {"stop_reason": "beam dump"}, EXPERT).json()
    smuggled = registry.call("PUT", f"{path}/stop_reason", {"stop_reason": "beam dump", "class": "X18"}, EXPERT).json()
    assert (smuggled["rr_attributes"]["class"], smuggled["version"]) == ("X18", edited["version"] + 1)
    registry.call("POST", "runs/move_run/OPEN/COMPLETED", {"run_number": RUN}, EXPERT)
    assert {row["Run"]["rr_attributes"]["class"] for row in registry.filtered({"run_number": RUN})} == {"X18"}
    history = registry.call("GET", f"run_with_history/{RUN}").json()
    changes = [{name: event[name] for name in ("state", "stop_reason", "class") if name in event} for event in history]
    assert changes[1:] == [{"state": "OPEN"}, {"stop_reason": "beam dump"}, {"class": "X18"}, {"state": "COMPLETED"}]
    log = registry.versions(3)
    assert log[1]["comment"] == (f'run {RUN} manual edit of attribute stop_reason from "beam dump" to "beam dump"')
    assert history[-1]["Version"] == log[0]


@pytest.mark.parametrize(
    ("path", "run", "error"),
    [
        (
            "runs/move_run/OPEN/BANANA",
            RUN,
            NO_SUCH_STATE,
        ),
        ("runs/move_run/OPEN/SIGNOFF", RUN, f"Run {RUN} state is already in state SIGNOFF"),
        ("runs/move_run/OPEN/SIGNOFF", 1, "Cannot read properties of null (reading 'rr_attributes')"),
        (
            "runs/move_run/OPEN/SIGNOFF",
            316186,
            "There is no run lumisection data for run 316186, therefore it cannot be signed off",
        ),
        ("runs/mark_significant", 1, "Run not found"),
        ("runs/mark_significant", RUN, "Run must be in state OPEN to be marked significant"),
        ("runs/mark_significant", 316186, "Run is already significant"),
        ("runs/refresh_run/1", None, "Run not found"),
        (f"runs/refresh_run/{RUN}", None, "Run must be in state OPEN to be refreshed"),
    ],
)
def test_refused_write_of_a_run_changes_nothing(registry, path, run, error):
    newest = registry.versions()
    answer = registry.call("POST", path, {"run_number": run}, EXPERT)
    assert (answer.status_code, answer.json()) == (500, {"err": error})
    assert registry.versions() == newest
