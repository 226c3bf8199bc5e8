"""What other people do between a plan and its end, and requests whose answers are lost: no receipt is wrong."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from infrastructure.http.errors import BadStatus
from infrastructure.http.results import Unreachable
from registry import writes
from registry.dataset_status import fetch_dataset_status, flags_within
from registry.flag_history import fetch_manual_changes
from registry_sync import reader
from registry_sync.actions import PlanChanged, confirm_move, confirm_plan, confirm_undo
from registry_sync.choices import SendingPurpose, WriteState
from registry_sync.models import Sending
from registry_sync.planning import make_plan
from registry_sync.sender import send_confirmed
from tests.registry_sync.conftest import write_requests
from tests.registry_sync.steps import (
    KEY,
    before_each_write,
    confirmed,
    their_edit,
    their_hiding,
    their_move,
)
from tests.registry_sync.week import RUNS, certify_runs

pytestmark = pytest.mark.django_db
AT_ONCE = timedelta(0)


def states(sending):
    return [write.state for write in sending.writes.all()]


def flags_there(component, first, last):
    flags = fetch_dataset_status(KEY, Budget(60)).value.flags[component]
    return [(flag.first, flag.last, *flag.triplet[:2]) for flag in flags_within(flags, first, last)]


@pytest.fixture
def sent_late(certification, shift_leader, sandbox, settings):
    """A sending whose first request has no answer yet, and is done when the faults are cleared."""
    settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = 1
    sending = confirmed(certification, shift_leader)
    sandbox.faults("registry", "slow", path="edit_rr_lumisections", seconds=300)
    assert send_confirmed(Budget(60)).stopped
    assert states(sending) == [WriteState.UNKNOWN, WriteState.PLANNED, WriteState.PLANNED]
    settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = 10
    cache.clear()
    return sending


def let_it_be_done(sandbox):
    sandbox.clear_faults()
    cache.clear()
    while not fetch_manual_changes(KEY, Budget(60)):
        pass


def test_request_without_an_answer_is_read_before_the_plan_is_given_up(sent_late, sandbox, certification):
    TrackerCertification.objects.filter(pk=certification.pk).update(version=2)
    assert "can still be done" in send_confirmed(Budget(60)).stopped
    let_it_be_done(sandbox)
    send_confirmed(Budget(60))
    strip, tracking, move = sent_late.writes.all()
    (change,) = fetch_manual_changes(KEY, Budget(60))
    assert (strip.state, strip.registry_version) == (WriteState.DONE, change.version)
    assert (tracking.state, move.state) == (WriteState.GIVEN_UP, WriteState.GIVEN_UP)
    assert "version 2 now" in tracking.answer


def test_last_attempt_is_waited_for(sent_late, sandbox):
    sent_late.writes.filter(position=0).update(attempts=5)
    assert "can still be done" in send_confirmed(Budget(60)).stopped
    let_it_be_done(sandbox)
    assert send_confirmed(Budget(60)).failed == 0
    assert set(states(sent_late)) == {WriteState.DONE}


def test_dataset_that_is_moved_meanwhile_ends_no_open_request(sent_late, sandbox):
    their_move("OPEN", "SIGNOFF")
    assert "can still be done" in send_confirmed(Budget(60)).stopped
    let_it_be_done(sandbox)
    send_confirmed(Budget(60))
    assert states(sent_late) == [WriteState.DONE, WriteState.CONFLICT, WriteState.GIVEN_UP]


def test_dataset_that_is_hidden_meanwhile_ends_no_open_request(sent_late, sandbox):
    their_hiding(sandbox)
    assert "can still be done" in send_confirmed(Budget(60)).stopped
    let_it_be_done(sandbox)  # it is visible again with that
    assert send_confirmed(Budget(60)).failed == 0
    assert set(states(sent_late)) == {WriteState.DONE}


def test_what_was_written_before_a_dataset_was_hidden_has_a_receipt_of_it(sent_late, sandbox):
    let_it_be_done(sandbox)
    their_hiding(sandbox)
    send_confirmed(Budget(60), resend_after=AT_ONCE)
    strip, *others = sent_late.writes.all()
    assert (strip.state, bool(strip.registry_version)) == (WriteState.CONFLICT, True)
    assert "Written, and changed there since. Run Registry does not list" in strip.answer
    assert {write.state for write in others} == {WriteState.GIVEN_UP}


def test_hidden_dataset_is_refused_and_stays_hidden(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    their_hiding(sandbox)
    sandbox.clear_requests()
    send_confirmed(Budget(60))
    assert write_requests(sandbox) == []
    assert "does not list" in sending.writes.first().answer
    assert set(states(sending)) <= {WriteState.REFUSED, WriteState.GIVEN_UP}


def test_flag_set_between_reading_and_writing_is_named_and_comes_back_by_undoing(
    certification, shift_leader, monkeypatch
):
    sending = confirmed(certification, shift_leader)
    before_each_write(monkeypatch, lambda *_: their_edit(320, 325, "BAD", "FED 401"))
    send_confirmed(Budget(60))
    monkeypatch.undo()
    strip, tracking, move = sending.writes.all()
    assert (strip.state, tracking.state, move.state) == ("overtook", WriteState.GIVEN_UP, WriteState.GIVEN_UP)
    assert "320-325 BAD “FED 401”" in strip.answer
    assert fetch_dataset_status(KEY, Budget(60)).value.state == "OPEN"
    certification.refresh_from_db()
    confirm_undo(shift_leader, sending, Budget(60))
    assert send_confirmed(Budget(60)).failed == 0
    assert flags_there("strip", 310, 330) == [
        (310, 319, "GOOD", ""),
        (320, 325, "BAD", "FED 401"),
        (326, 330, "GOOD", ""),
    ]


def test_edit_of_what_was_equal_is_a_conflict_and_nothing_is_sent(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    their_edit(500, 505, "BAD", "FED 401")
    sandbox.clear_requests()
    send_confirmed(Budget(60))
    assert write_requests(sandbox) == []
    strip, *others = sending.writes.all()
    assert (strip.state, strip.answer) == (WriteState.CONFLICT, "Strip 500-505 is BAD there now: “FED 401”.")
    assert {write.state for write in others} == {WriteState.GIVEN_UP}


@pytest.mark.parametrize("place", [(320, 325), (500, 505)], ids=["in what was written", "beside it"])
def test_state_is_not_moved_with_other_flags_than_planned(certification, shift_leader, monkeypatch, place):
    sending = confirmed(certification, shift_leader)
    done = []

    def at_the_second(*_):
        done.append(True)
        if len(done) == 2:
            their_edit(*place, "EXCLUDED", "")

    before_each_write(monkeypatch, at_the_second)
    send_confirmed(Budget(60))
    *_, move = sending.writes.all()
    assert states(sending) == [WriteState.DONE, WriteState.DONE, WriteState.CONFLICT]
    assert f"Strip {place[0]}-{place[1]} is EXCLUDED there now." in move.answer
    assert fetch_dataset_status(KEY, Budget(60)).value.state == "OPEN"


def test_what_a_person_took_back_is_not_written_again(certification, shift_leader, sandbox, settings):
    settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = 1
    sending = confirmed(certification, shift_leader)
    sandbox.faults("registry", "late", path="edit_rr_lumisections", count=1)
    send_confirmed(Budget(60))
    settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = 10
    sandbox.clear_faults()
    cache.clear()
    their_edit(310, 330, "GOOD", "")
    sandbox.clear_requests()
    send_confirmed(Budget(60), resend_after=AT_ONCE)
    assert write_requests(sandbox) == []
    strip = sending.writes.first()
    assert (strip.state, strip.answer) == (WriteState.CONFLICT, "Written, and changed there since.")
    assert strip.registry_version


def test_error_after_the_write_was_done_is_no_refusal(certification, shift_leader, monkeypatch):
    sending = confirmed(certification, shift_leader)
    send, failed = writes._send, []

    def sending_with_error(method, path, body, budget):
        answer = send(method, path, body, budget)
        if method == "PUT" and not failed:
            failed.append(True)
            words = json.dumps({"err": "Error updating the cache"})
            raise BadStatus("registry", status=500, body_start=words)
        return answer

    monkeypatch.setattr(writes, "_send", sending_with_error)
    send_confirmed(Budget(60))
    assert set(states(sending)) == {WriteState.DONE}
    assert sending.writes.first().registry_version


def test_final_receipt_stays_when_the_sending_goes_on(certification, shift_leader):
    sending = confirmed(certification, shift_leader)
    sending.writes.filter(position=0).update(state=WriteState.WAS_SO)
    send_confirmed(Budget(60))
    strip, tracking, _ = sending.writes.all()
    assert (strip.state, tracking.state) == (WriteState.WAS_SO, WriteState.CONFLICT)
    assert "Strip 310-330 is GOOD there now." in tracking.answer


def test_state_is_read_again_before_the_plain_move(certification, shift_leader, sandbox):
    sending = confirmed(certification, shift_leader)
    sandbox.registry(egroups="cms-dqm-runregistry-offline-tracker-certifiers")
    send_confirmed(Budget(60))
    paths = [entry["path"] for entry in sandbox.requests("registry")]
    refused = next(place for place, path in enumerate(paths) if "change_multiple_dataset_states" in path)
    plain = next(place for place, path in enumerate(paths) if "/move_dataset/" in path)
    assert any("datasets_filtered_ordered" in path for path in paths[refused:plain])
    assert sending.writes.last().attempts == 1


def test_newer_plan_of_the_same_version_voids_the_older_one(certification, shift_leader, sandbox):
    older = confirmed(certification, shift_leader)
    their_edit(310, 315, "BAD", "FED 401")
    newer = confirmed(certification, shift_leader)
    send_confirmed(Budget(60))
    assert set(states(older)) == {WriteState.GIVEN_UP}
    assert older.writes.first().answer == "A newer plan was confirmed."
    assert set(states(newer)) == {WriteState.DONE}


def test_request_without_an_answer_is_settled_before_a_newer_plan(sent_late, certification, shift_leader, sandbox):
    newer = make_plan(certification, Budget(60))
    TrackerCertification.objects.filter(pk=certification.pk).update(version=2)
    newer.certification.refresh_from_db()
    newer = confirm_plan(shift_leader, newer)
    assert "can still be done" in send_confirmed(Budget(60)).stopped
    assert set(states(newer)) == {WriteState.PLANNED}
    let_it_be_done(sandbox)
    send_confirmed(Budget(60))
    assert states(sent_late) == [WriteState.DONE, WriteState.GIVEN_UP, WriteState.GIVEN_UP]
    assert states(newer) == [WriteState.WAS_SO, WriteState.DONE, WriteState.DONE]


def test_dataset_that_cannot_be_read_holds_up_no_other_one(certification, shift_leader, monkeypatch):
    unreadable = confirmed(certification, shift_leader)
    other = confirm_plan(shift_leader, make_plan(certify_runs(RUNS[0])[0], Budget(60)))
    fetch = reader.fetch_dataset_status

    def fetched(dataset, budget):
        if dataset == KEY:
            return Unreachable("registry", "Run Registry answered in an unknown form", "Look there.", timezone.now())
        return fetch(dataset, budget)

    monkeypatch.setattr(reader, "fetch_dataset_status", fetched)
    assert "unknown form" in send_confirmed(Budget(60)).stopped
    assert set(states(unreadable)) == {WriteState.PLANNED}
    assert set(states(other)) == {WriteState.DONE}


def test_sending_that_is_under_way_is_not_undone(sent_late, shift_leader):
    assert "not each write of it is final yet" in confirm_undo(shift_leader, sent_late, Budget(60))
    assert Sending.objects.get() == sent_late


def test_two_shift_leaders_who_confirm_at_once_make_one_sending(certification, shift_leader, admin):
    first, second = (make_plan(certification, Budget(60)) for _ in range(2))
    assert confirm_plan(shift_leader, first) == confirm_plan(admin, second)
    assert Sending.objects.count() == 1


def test_what_became_stale_meanwhile_is_not_confirmed(certification, shift_leader):
    plan = make_plan(certification, Budget(60))
    TrackerCertification.objects.filter(pk=certification.pk).update(stale=[{"fact": "lumisections"}])
    with pytest.raises(PlanChanged):
        confirm_plan(shift_leader, plan)
    assert not Sending.objects.exists()


def test_dataset_is_completed_only_with_our_flags(certification, shift_leader):
    confirmed(certification, shift_leader)
    send_confirmed(Budget(60))
    their_edit(320, 325, "GOOD", "")
    with pytest.raises(PlanChanged):
        plan = make_plan(certification, Budget(60))
        confirm_move(shift_leader, plan, SendingPurpose.COMPLETE, "SIGNOFF", "COMPLETED")
    assert Sending.objects.count() == 1
