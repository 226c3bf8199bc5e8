"""What becomes of a confirmed sending when its certification or the state of its dataset changes meanwhile."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from certify.actions.lifecycle import hand_over_certification, withdraw_certification
from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from registry.dataset_status import fetch_dataset_status
from registry_sync.actions import confirm_plan
from registry_sync.choices import WriteState
from registry_sync.models import Sending
from registry_sync.planning import make_plan
from registry_sync.sender import send_confirmed
from tests.factories import QuestionFactory
from tests.registry_sync.steps import KEY, before_each_write, confirmed, their_move

pytestmark = pytest.mark.django_db
ADMINS, CERTIFIERS = "cms-dqm-runregistry-admins-tracker", "cms-dqm-runregistry-offline-tracker-certifiers"


def changed_by(**values):
    return lambda certification, *_: TrackerCertification.objects.filter(pk=certification.pk).update(**values)


CHANGES = {
    "withdrawn": (
        lambda certification, leader, _: withdraw_certification(leader, certification, 1, "typed twice"),
        "The certification has changed since the plan: it is version 2 now.",
    ),
    "handed over": (
        lambda certification, leader, other: hand_over_certification(leader, certification, 1, other, "left"),
        "The certification has changed since the plan: it is version 2 now.",
    ),
    "asked": (
        lambda certification, *_: QuestionFactory(certification=certification),
        "A question to the shifter is open.",
    ),
    "stale": (changed_by(stale=[{"fact": "lumisections"}]), "Its facts have changed: it is stale."),
    "practice": (changed_by(is_practice=True), "It is practice."),
    "undecided": (changed_by(run_type="unknown", pixel="bad"), "Its verdict is undecided."),
}


@pytest.mark.parametrize("change", CHANGES)
def test_certification_that_must_not_be_sent_any_more_is_not_sent(
    certification, shift_leader, other_shifter, sandbox, change
):
    sending = confirmed(certification, shift_leader)
    make, sentence = CHANGES[change]
    make(certification, shift_leader, other_shifter)
    sandbox.clear_requests()
    send_confirmed(Budget(60))
    assert {write.state for write in sending.writes.all()} == {WriteState.GIVEN_UP}
    assert all(write.answer.startswith(sentence) for write in sending.writes.all())
    assert sandbox.requests("registry") == []


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_after_the_first_write_ends_the_sending(
    certification, shift_leader, other_shifter, monkeypatch, change
):
    sending = confirmed(certification, shift_leader)
    make, sentence = CHANGES[change]
    done = []

    def once(*_):
        if not done:
            done.append(make(certification, shift_leader, other_shifter))

    before_each_write(monkeypatch, once)
    send_confirmed(Budget(60))
    strip, tracking, move = sending.writes.all()
    assert (strip.state, tracking.state, move.state) == (WriteState.DONE, WriteState.GIVEN_UP, WriteState.GIVEN_UP)
    assert tracking.answer.startswith(sentence)


@pytest.mark.parametrize(
    ("egroups", "outcome", "state"),
    [
        (f"{CERTIFIERS},{ADMINS}", WriteState.CONFLICT, "COMPLETED"),  # ours looks at the old state, and does nothing
        (CERTIFIERS, WriteState.DONE, "SIGNOFF"),  # a plain move replaces the other one
    ],
    ids=["compared", "plain"],
)
def test_move_right_before_ours(certification, shift_leader, sandbox, monkeypatch, egroups, outcome, state):
    sending = confirmed(certification, shift_leader)
    sandbox.registry(egroups=egroups)

    def complete(_method, path):
        if "OPEN/SIGNOFF" in path and ("change_multiple" in path) == (ADMINS in egroups):
            their_move("OPEN", "SIGNOFF")
            their_move("SIGNOFF", "COMPLETED")

    before_each_write(monkeypatch, complete)
    send_confirmed(Budget(60))
    assert sending.writes.last().state == outcome
    assert fetch_dataset_status(KEY, Budget(60)).value.state == state


def test_move_right_after_ours_is_a_conflict(certification, shift_leader, monkeypatch):
    from registry import writes

    sending, send = confirmed(certification, shift_leader), writes._send

    def sending_and_completing(method, path, body, budget):
        answer = send(method, path, body, budget)
        if "change_multiple_dataset_states" in path:
            monkeypatch.undo()
            their_move("SIGNOFF", "COMPLETED")
        return answer

    monkeypatch.setattr(writes, "_send", sending_and_completing)
    send_confirmed(Budget(60))
    move = sending.writes.last()
    assert (move.state, move.answer) == (WriteState.CONFLICT, "Planned on OPEN; it is COMPLETED now.")
    assert (move.was_text, move.found_text, move.state_to) == ("OPEN", "COMPLETED", "SIGNOFF")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite allows one writer at a time")
def test_shift_leaders_who_confirm_at_the_same_moment_make_one_sending(certification, shift_leader, admin):
    plans, gate = [make_plan(certification, Budget(60)) for _ in range(8)], threading.Barrier(8)

    def confirm(actor, plan):
        try:
            gate.wait()
            confirm_plan(actor, plan)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=confirm, args=(shift_leader if number % 2 else admin, plan))
        for number, plan in enumerate(plans)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Sending.objects.get().writes.count() == 3
