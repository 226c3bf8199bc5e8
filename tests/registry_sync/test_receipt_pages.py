"""Receipts, the outbox and its export as pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from infrastructure.http.budget import Budget
from registry_sync.choices import WriteState
from registry_sync.models import Sending
from registry_sync.sender import send_confirmed
from tests.factories import SendingFactory
from tests.registry_sync.conftest import DATASET, RUN
from tests.registry_sync.steps import confirm_on_page, their_edit

pytestmark = pytest.mark.django_db


def test_confirmed_plan_is_in_the_outbox_and_history_and_sent(shift_leader_client, address, certification):
    saved = confirm_on_page(shift_leader_client, address)
    sending = Sending.objects.get()
    assert (saved.status_code, saved.url) == (303, f"/registry/{sending.pk}/")
    assert "0 of 3 done, waiting" in shift_leader_client.get(saved.url).text
    send_confirmed(Budget(60))
    page = shift_leader_client.get(saved.url)
    assert "3 of 3 done" in page.text and "waiting" not in page.text and "being sent" not in page.text
    assert f"[CH {certification.pk} v1, shifter]" in page.text
    assert "Confirmed for Run Registry" in shift_leader_client.get("/history/").text
    assert "3 of 3 done" in shift_leader_client.get("/registry/").text
    assert "Nothing to write" in shift_leader_client.get(address).text


def test_undone_sending_writes_back_what_was_there(shift_leader_client, address):
    confirm_on_page(shift_leader_client, address)
    send_confirmed(Budget(60))
    first = Sending.objects.get()
    undone = shift_leader_client.post(f"/registry/{first.pk}/undo/", follow=True)
    assert "Run Registry keeps these lumisections as set by hand" in undone.text
    assert send_confirmed(Budget(60)).failed == 0
    undoing = Sending.objects.get(undoes=first)
    assert {write.state for write in undoing.writes.all()} == {WriteState.DONE}
    assert [(write.component, write.status) for write in undoing.writes.all()] == [
        ("tracking", "NOTSET"),
        ("strip", "GOOD"),
    ]
    again = shift_leader_client.post(f"/registry/{first.pk}/undo/", follow=True)
    assert "Not undone: nothing of it is in Run Registry any more." in again.text


def test_receipt_gives_what_is_not_there_yet_as_to_be_written(shift_leader_client, address):
    confirm_on_page(shift_leader_client, address)
    receipt = f"/registry/{Sending.objects.get().pk}/"
    assert "to be BAD" in shift_leader_client.get(receipt).text
    send_confirmed(Budget(60))
    page = shift_leader_client.get(receipt).text
    assert "to be" not in page
    assert '<span class="flag is-bad">BAD</span>' in page


def test_conflict_has_what_was_planned_on_what_is_there_and_ours_and_a_new_plan(shift_leader_client, address):
    confirm_on_page(shift_leader_client, address)
    their_edit(320, 325, "BAD", "FED 401")
    send_confirmed(Budget(60))
    page = shift_leader_client.get(f"/registry/{Sending.objects.get().pk}/")
    words = " ".join(re.sub("<[^>]*>", " ", page.text).split())
    assert "Planned on There now Ours" in words
    assert "Strip 310-330 GOOD GOOD 310-319, BAD 320-325 “FED 401”, GOOD 326-330 to be BAD" in words
    assert f'href="{address}">Make a new plan</a>' in page.text
    assert "Write back what was there" not in page.text  # nothing was written


def test_receipt_of_what_waits_while_sending_is_switched_off_does_not_look_again(
    shift_leader_client, address, settings
):
    confirm_on_page(shift_leader_client, address)
    settings.REGISTRY_SYNC = "plan"
    page = shift_leader_client.get(f"/registry/{Sending.objects.get().pk}/").text
    assert "0 of 3 done, not sent while sending is switched off" in page
    assert "what is planned is sent once it is switched on" in page
    assert "load delay" not in page


@pytest.mark.parametrize(
    ("state", "age", "is_shown"), [("unknown", 1, True), ("sending", 1, False), ("sending", 11, True)]
)
def test_request_without_an_answer_is_named_where_others_wait_for_it(
    shift_leader_client, address, state, age, is_shown
):
    sent_at = timezone.now() - timedelta(seconds=age)
    earlier = SendingFactory(writes=[{"state_from": "OPEN", "state_to": "SIGNOFF", "state": state, "sent_at": sent_at}])
    confirm_on_page(shift_leader_client, address)
    waiting = Sending.objects.first()
    page = shift_leader_client.get(f"/registry/{waiting.pk}/").text
    assert (f'the request of <a href="/registry/{earlier.pk}/">' in page) == is_shown
    assert ("nothing else is sent until that request is found there" in page) == is_shown


def test_pages_of_the_outbox_stay_with_the_certification(shift_leader_client, certification, monkeypatch):
    monkeypatch.setattr("registry_sync.views.PAGE_SIZE", 1)
    SendingFactory.create_batch(2, certification=certification)
    page = shift_leader_client.get(f"/registry/?certification={certification.pk}").text
    assert f'href="?certification={certification.pk}&amp;page=2">Older' in page
    assert f'href="?certification={certification.pk}&amp;export=csv">Export' in page


def test_export_has_a_row_for_each_write(shift_leader_client, address):
    confirm_on_page(shift_leader_client, address)
    send_confirmed(Budget(60))
    lines = b"".join(shift_leader_client.get("/registry/?export=csv")).decode().splitlines()
    assert len(lines) == 4
    assert lines[1].startswith(f"{RUN},prompt,{DATASET},")
    assert ",strip,310-330,GOOD,BAD," in lines[1]
