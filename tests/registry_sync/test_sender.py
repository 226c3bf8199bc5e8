"""What is confirmed is written to Run Registry once, read back, and has a receipt: over HTTP to the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command

from infrastructure.database.job_lock import job_lock
from infrastructure.http import tokens
from infrastructure.http.budget import Budget
from registry.dataset_status import fetch_dataset_status
from registry.models import StoredFlagRanges
from registry.writes import DatasetKey, fetch_history
from registry_sync.actions import confirm_plan
from registry_sync.choices import WriteState
from registry_sync.models import RegistryWrite
from registry_sync.planning import make_plan
from registry_sync.sender import SenderResult, send_confirmed, send_if_unfinished
from tests.factories import SendingFactory
from tests.registry_sync.conftest import DATASET, RUN, write_requests
from tests.registry_sync.steps import before_each_write, confirmed, their_edit

pytestmark = pytest.mark.django_db


def test_certification_is_written_signed_off_and_equal_afterwards(certification, shift_leader, sandbox):
    plan = make_plan(certification, Budget(60))
    assert plan.refusals == ()
    sending = confirm_plan(shift_leader, plan)
    assert send_confirmed(Budget(60)).stopped == ""
    assert {write.state for write in sending.writes.all()} == {WriteState.DONE}
    status = fetch_dataset_status(DatasetKey(RUN, DATASET), Budget(60)).value
    assert status.state == "SIGNOFF"
    again = make_plan(certification, Budget(60))
    assert again.is_empty, (again.edits, again.state_to)


def test_plan_and_page_of_it_send_no_write(certification, sandbox):
    make_plan(certification, Budget(60))
    assert write_requests(sandbox) == []


def test_sent_again_nothing_is_written(certification, shift_leader, sandbox):
    confirmed(certification, shift_leader)
    send_confirmed(Budget(60))
    sandbox.clear_requests()
    assert send_confirmed(Budget(60)) == SenderResult()
    assert write_requests(sandbox) == []


def test_receipt_has_the_versions_of_run_registry(certification, shift_leader):
    sending = confirmed(certification, shift_leader)
    send_confirmed(Budget(60))
    edits = [write for write in sending.writes.all() if not write.is_move]
    history = [
        entry["version"] for entry in fetch_history(DatasetKey(RUN, DATASET), Budget(60)) if entry["manual_change"]
    ]
    assert [write.registry_version for write in edits] == history


def test_somebody_who_edits_there_meanwhile_is_a_conflict_and_nothing_is_sent(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    their_edit(320, 325, "BAD", "FED 401")
    sandbox.clear_requests()
    assert send_confirmed(Budget(60)).failed == 3
    assert write_requests(sandbox) == []
    strip, tracking, move = sending.writes.all()
    assert strip.state == WriteState.CONFLICT
    assert [320, 325, "BAD", "FED 401", ""] in strip.found
    assert (tracking.state, move.state) == (WriteState.GIVEN_UP, WriteState.GIVEN_UP)


def test_what_is_there_already_is_not_sent_again(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    their_edit(310, 330, "BAD", "somebody was faster")
    sandbox.clear_requests()
    send_confirmed(Budget(60))
    assert [write.state for write in sending.writes.all()] == [WriteState.WAS_SO, WriteState.DONE, WriteState.DONE]
    assert len(write_requests(sandbox)) == 2


def test_changed_certification_voids_the_plan(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    certification.version += 1
    certification.save()
    sandbox.clear_requests()
    send_confirmed(Budget(60))
    assert {write.state for write in sending.writes.all()} == {WriteState.GIVEN_UP}
    assert "version 2 now" in sending.writes.first().answer
    assert sandbox.requests("registry") == []


@pytest.mark.parametrize("path", ["edit_rr_lumisections", "change_multiple_dataset_states"])
def test_late_answer_is_unknown_and_read_back(certification, shift_leader, sandbox, settings, path):
    settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = 1
    sending = confirmed(certification, shift_leader)
    sandbox.faults("registry", "late", path=path, count=1)
    assert "did not answer" in send_confirmed(Budget(60)).stopped
    assert WriteState.UNKNOWN in {write.state for write in sending.writes.all()}
    sandbox.clear_faults()
    cache.clear()
    assert send_confirmed(Budget(60)).stopped == ""
    assert {write.state for write in sending.writes.all()} == {WriteState.DONE}
    assert all(write.registry_version for write in sending.writes.all() if not write.is_move)
    assert len(write_requests(sandbox)) == 3  # none twice


def test_deadlock_is_tried_again(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    sandbox.faults("registry", "deadlock", path="edit_rr_lumisections", count=2)
    assert send_confirmed(Budget(60)).stopped == ""
    assert {write.state for write in sending.writes.all()} == {WriteState.DONE}
    assert sending.writes.first().attempts == 3


def test_e_group_that_is_missing_is_a_refusal_in_its_words(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    sandbox.registry(egroups="somebody-else")
    send_confirmed(Budget(60))
    strip, *others = sending.writes.all()
    assert strip.state == WriteState.REFUSED
    assert "cms-dqm-runregistry-offline-tracker-certifiers" in strip.answer
    assert "<" not in strip.answer
    assert {write.state for write in others} == {WriteState.GIVEN_UP}


def test_without_the_e_group_of_administrators_the_state_is_moved_plainly(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    sandbox.registry(egroups="cms-dqm-runregistry-offline-tracker-certifiers")
    send_confirmed(Budget(60))
    assert {write.state for write in sending.writes.all()} == {WriteState.DONE}
    assert any("/datasets/tracker/move_dataset/OPEN/SIGNOFF" in entry["path"] for entry in write_requests(sandbox))


@pytest.mark.parametrize("mode", ["off", "plan"])
def test_nothing_is_sent_unless_it_is_on(certification, shift_leader, sandbox, settings, mode):
    confirmed(certification, shift_leader)
    sandbox.clear_requests()
    settings.REGISTRY_SYNC = mode
    assert send_confirmed(Budget(60)).stopped == "REGISTRY_SYNC is not on. Nothing is sent."
    assert sandbox.requests("registry") == []


def test_sender_that_is_told_to_end_makes_no_further_request(certification, shift_leader, sandbox, monkeypatch):
    sending, ended = confirmed(certification, shift_leader), []
    before_each_write(monkeypatch, lambda *_: ended.append(True))
    result = send_confirmed(Budget(60), is_stopping=lambda: bool(ended))
    assert result.stopped == "The sender ends. The rest is sent when it is started again."
    assert len(write_requests(sandbox)) == 1
    assert [write.state for write in sending.writes.all()] == ["sending", "planned", "planned"]
    monkeypatch.undo()
    sandbox.clear_requests()
    assert send_confirmed(Budget(60)).failed == 0
    assert {write.state for write in sending.writes.all()} == {WriteState.DONE}
    assert len(write_requests(sandbox)) == 2  # the first one is read back


class AgeOnce:
    """An age that is added to a time once; ten seconds afterwards."""

    def __init__(self, age: timedelta) -> None:
        self.age = age

    def __radd__(self, moment: datetime) -> datetime:
        age, self.age = self.age, timedelta(seconds=10)
        return moment + age


def test_what_was_read_too_long_ago_is_read_again_before_it_is_written(
    certification, shift_leader, sandbox, monkeypatch
):
    confirmed(certification, shift_leader)
    monkeypatch.setattr("registry_sync.sender.MAX_AGE", AgeOnce(timedelta(seconds=-1)))
    sandbox.clear_requests()
    send_confirmed(Budget(60))
    paths = [entry["path"].rsplit("/", 1)[-1] for entry in sandbox.requests("registry")]
    first = paths.index("edit_rr_lumisections")
    assert paths[:first].count("datasets_filtered_ordered") == 3  # for the plan, then twice for the write


def test_request_whose_token_came_too_late_is_not_sent_before_reading_again(
    certification, shift_leader, sandbox, monkeypatch
):
    confirmed(certification, shift_leader)
    sandbox.clear_requests()
    late = []

    def expire_token(*_):
        if not late:
            late.append(True)
            tokens.discard_all()
            sandbox.faults("sso", "slow", seconds=0.8, count=1)

    before_each_write(monkeypatch, expire_token)
    monkeypatch.setattr("registry_sync.sender.MAX_AGE", timedelta(seconds=0.8))
    assert send_confirmed(Budget(60)).failed == 0
    entries = sandbox.requests("registry")
    paths = [entry["path"].rsplit("/", 1)[-1] for entry in entries]
    first = paths.index("edit_rr_lumisections")
    assert paths[:first].count("datasets_filtered_ordered") >= 3  # for the plan, then twice for the write
    assert {write.attempts for write in RegistryWrite.objects.all()} == {1}


def test_command_waits_for_a_request_without_an_answer_and_once_does_not(
    certification, shift_leader, sandbox, settings
):
    settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = settings.BREAKER_SECONDS = 1
    confirmed(certification, shift_leader)
    sandbox.faults("registry", "late", path="edit_rr_lumisections", count=1)
    out, errors = StringIO(), StringIO()
    call_command("send_to_registry", once=True, stdout=out, stderr=errors)
    assert out.getvalue() == "0 done, 0 not done.\n"
    assert "did not answer" in errors.getvalue()
    sandbox.clear_faults()
    cache.clear()
    sandbox.faults("registry", "late", path="edit_rr_lumisections", count=1)
    call_command("send_to_registry", resend_after=0.1, stdout=out, stderr=errors)
    assert out.getvalue().splitlines()[-1].endswith("done, 0 not done.")
    assert not RegistryWrite.objects.exclude(state="done").exists()


def test_worker_sends_what_is_unfinished(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    call_command("work", once=True)
    assert {write.state for write in sending.writes.all()} == {WriteState.DONE}


def test_worker_with_nothing_to_send_asks_one_query_and_no_service(sandbox, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert send_if_unfinished(Budget(60)) == SenderResult()
    assert sandbox.requests("registry") == []


def test_worker_without_sending_asks_nothing(settings, django_assert_num_queries):
    settings.REGISTRY_SYNC = "plan"
    with django_assert_num_queries(0):
        send_if_unfinished(Budget(60))


def test_flags_of_another_dataset_are_not_stored(certification, shift_leader, sandbox):
    confirmed(certification, shift_leader)
    conflict = {"component": "strip", "first": 1, "last": 2, "status": "BAD", "state": "conflict", "attempts": 1}
    move = {"component": "", "state_from": "OPEN", "state_to": "SIGNOFF"}
    SendingFactory(run_number=315270, writes=[conflict, move])  # ends without another reading
    assert send_confirmed(Budget(60)).failed == 1
    assert list(StoredFlagRanges.objects.values_list("run_number", flat=True)) == [certification.run_number]


def test_second_sender_says_so(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    with job_lock("send_to_registry"):
        assert send_confirmed(Budget(60)).was_running
    assert {write.state for write in sending.writes.all()} == {WriteState.PLANNED}
