"""Two writers of Run Registry at once, writes that come late, and faults of writes."""

from __future__ import annotations

import pytest
import requests

from sandbox.registry.state import WRITE_SECONDS, RegistryState
from tests.sandbox.registry_calls import ADMIN, EXPRESS, PROMPT, RUN, Background, registry, wait_until

__all__ = ["registry"]
DEADLOCK = (
    f"Error updating lumisections of {PROMPT} dataset, run number: {RUN}: "
    f"Error updating/saving dataset {PROMPT} of run: {RUN}, deadlock detected"
)
LONG = 600


def test_other_edits_of_a_dataset_that_is_being_edited_fail_and_write_nothing(registry, sandbox):
    sandbox.registry(write_seconds=LONG)
    first = Background(lambda: registry.edit(1, 2, "BAD", "writer 0"))
    wait_until(registry.edits)
    for writer in range(1, 4):
        answer = registry.edit(1, 2, "BAD", f"writer {writer}")
        assert (answer.status_code, answer.json()) == (500, {"err": DEADLOCK})
    sandbox.registry(write_seconds=0)
    assert first.result().status_code == 200
    assert [event["jsonb"]["tracker-pixel"]["comment"] for event in registry.edits()] == ["writer 0"]
    assert registry.edit(1, 2, "BAD", "writer 4").status_code == 200


def test_edits_of_other_datasets_go_on(registry, sandbox):
    sandbox.registry(write_seconds=LONG)
    others = [
        Background(lambda: registry.edit(1, 2)),
        Background(lambda: registry.edit(1, 2, dataset_name=EXPRESS)),
    ]
    wait_until(lambda: sandbox.registry()["versions"] == 2)
    sandbox.registry(write_seconds=0)
    assert [other.result().status_code for other in others] == [200, 200]


def test_answer_of_a_move_can_have_the_state_of_another_move(registry, sandbox):
    sandbox.registry(write_seconds=LONG)
    first = Background(lambda: registry.move("SIGNOFF"))
    wait_until(lambda: registry.dataset()["dataset_attributes"]["tracker_state"] == "SIGNOFF")
    second = Background(lambda: registry.move("COMPLETED"))
    wait_until(lambda: registry.dataset()["dataset_attributes"]["tracker_state"] == "COMPLETED")
    sandbox.registry(write_seconds=0)
    answers = [first.result(), second.result()]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.json()["dataset_attributes"]["tracker_state"] for answer in answers} == {"COMPLETED"}


def test_late_write_is_done_and_not_answered(registry, sandbox):
    sandbox.faults("registry", "late", seconds=LONG, count=1)
    assert registry.edits() == []  # a read does not meet the fault
    with pytest.raises(requests.ReadTimeout):
        registry.edit(5, 9, "BAD", "HV trip", timeout=0.3)
    wait_until(registry.edits)
    [event] = registry.edits()
    assert event["jsonb"]["tracker-pixel"]["comment"] == "HV trip"
    assert [entry["status"] for entry in sandbox.requests("registry") if entry["method"] == "PUT"] == [None]
    assert registry.edit(5, 9).status_code == 200


def test_late_write_ends_with_a_closed_connection(registry, sandbox):
    sandbox.faults("registry", "late", seconds=0, count=1)
    with pytest.raises(requests.ConnectionError):
        registry.move("SIGNOFF")
    assert registry.dataset()["dataset_attributes"]["tracker_state"] == "SIGNOFF"


def test_slow_write_comes_after_its_client_has_gone(registry, sandbox):
    sandbox.faults("registry", "slow", seconds=LONG, count=1, path="edit_rr_lumisections")
    with pytest.raises(requests.ReadTimeout):
        registry.edit(5, 9, "BAD", "HV trip", timeout=0.3)
    assert registry.edits() == []
    sandbox.clear_faults()
    wait_until(registry.edits)


@pytest.mark.parametrize("mode", ["hang", "refuse", "500", "503-html", "401", "deadlock", "not-found"])
def test_write_that_meets_a_fault_before_it_is_not_done(registry, sandbox, mode):
    sandbox.faults("registry", mode, seconds=0, count=1, path="edit_rr")
    if mode in ("hang", "refuse"):
        with pytest.raises(requests.ConnectionError):
            registry.edit(5, 9)
    else:
        assert registry.edit(5, 9).status_code >= 400
    assert registry.edits() == []


@pytest.mark.parametrize("mode", ["reset", "stall", "truncated", "empty", "wrong-shape", "bad-values"])
def test_write_whose_answer_is_spoiled_is_done(registry, sandbox, mode):
    sandbox.faults("registry", mode, seconds=0, count=1, path="edit_rr")
    if mode in ("reset", "stall"):
        with pytest.raises(requests.RequestException):
            registry.edit(5, 9)
    else:
        assert registry.edit(5, 9).status_code == 200
    assert len(registry.edits()) == 1


def test_fault_deadlock_has_the_text_of_the_backend(registry, sandbox):
    sandbox.faults("registry", "deadlock")
    assert registry.dataset()["run_number"] == RUN  # reads do not meet it
    assert registry.edit(5, 9).json() == {"err": DEADLOCK}
    text = f"Error updating/saving dataset {PROMPT} of run: {RUN}, deadlock detected"
    assert registry.move("SIGNOFF").json() == {"err": text}
    batch = {"filter": {"run_number": RUN, "name": PROMPT}}
    path = "dc_tools/change_multiple_dataset_states/tracker/OPEN/SIGNOFF"
    answer = registry.call("POST", path, batch, ADMIN)
    assert (answer.status_code, answer.json()["err"].endswith("deadlock detected")) == (500, True)
    assert registry.dataset()["dataset_attributes"]["tracker_state"] == "OPEN"


def test_writes_take_their_time_unless_a_test_says_otherwise():
    assert RegistryState().write_seconds == WRITE_SECONDS > 0


def test_reset_answers_writes_in_progress(registry, sandbox):
    sandbox.registry(write_seconds=LONG)
    writing = Background(lambda: registry.edit(1, 2))
    wait_until(registry.edits)
    sandbox.reset_registry()
    assert writing.result().status_code == 200
    assert registry.edits() == []
