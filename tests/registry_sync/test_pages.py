"""Plan, confirmation, receipt and outbox as pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certify.actions.lifecycle import withdraw_certification
from certify.models import TrackerCertification
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import leave_requests
from infrastructure.http.budget import Budget
from oms.lumisections.mirror import valid_lumis
from registry.certification_calls import certification_calls
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync.choices import WriteState
from registry_sync.models import Sending
from registry_sync.sender import send_confirmed
from tests.browser_form import fields_of
from tests.factories import CertificationFactory, DatasetFactory, RunFactory, SendingFactory
from tests.registry_sync.conftest import DATASET, RUN, write_requests
from tests.registry_sync.steps import their_move

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(certification):
    return f"/list/{certification.pk}/registry/"


def confirm(client, address, **values):
    return client.post(address, {**fields_of(client.get(address), "digest"), **values})


def their_edit(first, last):
    """Somebody edits Strip in Run Registry."""
    edit = FlagEdit(DatasetKey(RUN, DATASET), "strip", first, last, FlagTriplet("BAD", "FED 401"), 1364)
    send_flag_edit(edit, Budget(60))


def test_plan_shows_what_would_be_written_and_writes_nothing(shift_leader_client, address, sandbox):
    page = shift_leader_client.get(address)
    assert page.status_code == 200
    text = " ".join(re.sub("<[^>]*>", " ", page.text).split())
    assert "Strip 310-330 GOOD BAD BAD" in text
    assert "Tracking 1-1364 NOTSET GOOD GOOD" in text
    assert "2 edits and the move to SIGNOFF, about" in text
    assert "STANDBY is never overwritten" in text
    assert write_requests(sandbox) == []
    assert not Sending.objects.exists()


def test_plan_has_the_recorded_luminosity_of_each_row(shift_leader_client, address):
    leave_requests([(RUN, "")])
    read_requested_lumisections(Budget(60), [RUN])
    lumis = valid_lumis(RUN)
    text = " ".join(re.sub("<[^>]*>", " ", shift_leader_client.get(address).text).split())
    assert f"Strip 310-330 GOOD BAD BAD holes in TIB {sum(lumis[309:330]):.3f} planned" in text
    assert f"Tracking 1-1364 NOTSET GOOD GOOD {sum(filter(None, lumis)):.3f} planned" in text
    assert "last, after reading back - planned" in text


def test_confirmed_plan_is_in_the_outbox_and_history_and_sent(shift_leader_client, address, certification):
    saved = confirm(shift_leader_client, address)
    sending = Sending.objects.get()
    assert (saved.status_code, saved.url) == (303, f"/registry/{sending.pk}/")
    assert "0 of 3 done, being sent" in shift_leader_client.get(saved.url).text
    send_confirmed(Budget(60))
    page = shift_leader_client.get(saved.url)
    assert "3 of 3 done" in page.text and "being sent" not in page.text
    assert f"[CH {certification.pk} v1, shifter]" in page.text
    assert "Confirmed for Run Registry" in shift_leader_client.get("/history/").text
    assert "3 of 3 done" in shift_leader_client.get("/registry/").text
    assert "Nothing to write" in shift_leader_client.get(address).text


def test_confirmation_of_an_old_plan_shows_the_new_one(shift_leader_client, address, certification):
    form = fields_of(shift_leader_client.get(address), "digest")
    their_edit(1, 2)
    answer = shift_leader_client.post(address, form)
    assert answer.status_code == 409
    assert "this is the new plan" in answer.text
    assert not Sending.objects.exists()
    choice = {"strip:1-2": "ours"} if "strip:1-2" in answer.text else {}
    assert shift_leader_client.post(address, {**fields_of(answer, "digest"), **choice}).status_code == 303


def test_row_of_somebody_else_has_to_be_chosen(shift_leader_client, address, sandbox):
    send_flag_edit(
        FlagEdit(DatasetKey(RUN, DATASET), "strip", 500, 510, FlagTriplet("BAD", "FED 401"), 1364), Budget(60)
    )
    page = shift_leader_client.get(address)
    assert "bad there, not from here: “FED 401”" in page.text
    refused = confirm(shift_leader_client, address)
    assert refused.status_code == 422
    assert "Strip 500-510: choose what Run Registry gets." in refused.text
    assert confirm(shift_leader_client, address, **{"strip:500-510": "skip"}).status_code == 303
    assert not Sending.objects.get().writes.filter(component="strip", first=500).exists()


def test_undone_sending_writes_back_what_was_there(shift_leader_client, address):
    confirm(shift_leader_client, address)
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


def test_express_ends_at_signoff(shift_leader_client, shifter, sandbox):
    express = CertificationFactory(
        run=RunFactory(run_number=RUN),
        reconstruction="express",
        dataset=DatasetFactory(name="/Express/Collisions2018/DQM"),
        user=shifter,
        lumisections=1364,
    )
    address = f"/list/{express.pk}/registry/"
    confirm(shift_leader_client, address)
    send_confirmed(Budget(60))
    page = shift_leader_client.get(address).text
    assert "Nothing to write: Run Registry has it already." in page
    assert "Move to COMPLETED" not in page
    assert shift_leader_client.post(f"{address}move/", {"purpose": "complete"}).status_code == 409
    assert Sending.objects.count() == 1


def test_receipt_gives_what_is_not_there_yet_as_to_be_written(shift_leader_client, address):
    confirm(shift_leader_client, address)
    receipt = f"/registry/{Sending.objects.get().pk}/"
    assert "to be BAD" in shift_leader_client.get(receipt).text
    send_confirmed(Budget(60))
    page = shift_leader_client.get(receipt).text
    assert "to be" not in page
    assert '<span class="flag is-bad">BAD</span>' in page


def test_conflict_has_what_was_planned_on_what_is_there_and_ours_and_a_new_plan(shift_leader_client, address):
    confirm(shift_leader_client, address)
    their_edit(320, 325)
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
    confirm(shift_leader_client, address)
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
    confirm(shift_leader_client, address)
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


def test_plan_as_text_names_its_dataset(shift_leader_client, address, certification):
    page = shift_leader_client.get(address).text
    heading = f"{RUN} {DATASET}, CH {certification.pk} v1"
    assert f"{heading}\nStrip 310-330: BAD, “holes in TIB [CH {certification.pk} v1, shifter]”\nTracking" in page


def test_completed_dataset_goes_back_to_signoff_first(shift_leader_client, address, certification):
    confirm(shift_leader_client, address)
    send_confirmed(Budget(60))
    assert "Move to COMPLETED" in shift_leader_client.get(address).text
    shift_leader_client.post(f"{address}move/", {"purpose": "complete"})
    send_confirmed(Budget(60))
    completed = shift_leader_client.get(address).text
    assert "Nothing to write" in completed and "Move it back to SIGNOFF first." not in completed
    TrackerCertification.objects.filter(pk=certification.pk).update(version=2, strip_ranges=[[310, 340]])
    page = shift_leader_client.get(address)
    assert "The dataset is COMPLETED. Move it back to SIGNOFF first." in page.text
    assert "Send to Run Registry" not in page.text
    shift_leader_client.post(f"{address}move/", {"purpose": "reopen"})
    send_confirmed(Budget(60))
    assert confirm(shift_leader_client, address).status_code == 303
    send_confirmed(Budget(60))
    last = Sending.objects.first()
    assert [(write.lumisections, write.status, write.state) for write in last.writes.all()] == [
        ("331-340", "BAD", "done")
    ]


def test_what_was_written_of_a_withdrawn_certification_is_undone_although_the_dataset_is_completed(
    shift_leader_client, shift_leader, address, certification
):
    confirm(shift_leader_client, address)
    send_confirmed(Budget(60))
    first = Sending.objects.get()
    their_move("SIGNOFF", "COMPLETED")
    withdraw_certification(shift_leader, certification, 1, "typed twice")
    refused = shift_leader_client.post(f"/registry/{first.pk}/undo/", follow=True)
    assert "Not undone: the dataset is COMPLETED. Move it back to SIGNOFF first." in refused.text
    assert "Move back to SIGNOFF" in shift_leader_client.get(address).text
    assert shift_leader_client.post(f"{address}move/", {"purpose": "reopen"}).status_code == 303
    assert send_confirmed(Budget(60)).failed == 0
    shift_leader_client.post(f"/registry/{first.pk}/undo/")
    assert send_confirmed(Budget(60)).failed == 0
    assert {write.state for write in Sending.objects.get(undoes=first).writes.all()} == {WriteState.DONE}


def test_completed_dataset_is_not_moved_back_for_a_withdrawn_certification_that_was_never_sent(
    shift_leader_client, shift_leader, address, certification
):
    their_move("OPEN", "SIGNOFF")
    their_move("SIGNOFF", "COMPLETED")
    withdraw_certification(shift_leader, certification, 1, "typed twice")
    assert "Move back to SIGNOFF" not in shift_leader_client.get(address).text
    assert shift_leader_client.post(f"{address}move/", {"purpose": "reopen"}).status_code == 409
    assert not Sending.objects.exists()


def test_choice_for_low_statistics_counts_for_completing_where_all_was_equal(
    shift_leader_client, address, certification
):
    changes = {"strip": "bad", "strip_lowstat": True, "strip_ranges": []}
    TrackerCertification.objects.filter(pk=certification.pk).update(**changes)
    send_flag_edit(FlagEdit(DatasetKey(RUN, DATASET), "tracking", 1, 1364, FlagTriplet("GOOD"), 1364), Budget(60))
    their_move("OPEN", "SIGNOFF")
    page = shift_leader_client.get(f"{address}?lowstat-strip=GOOD")
    assert "Move to COMPLETED" in page.text
    assert page.text.count('name="lowstat-strip" value="GOOD"') == 2  # in the form of the move, too
    assert shift_leader_client.post(f"{address}move/", {"purpose": "complete"}).status_code == 409
    sent = shift_leader_client.post(f"{address}move/", {"purpose": "complete", "lowstat-strip": "GOOD"})
    assert sent.status_code == 303


def test_sent_certification_is_equal_in_the_comparison_and_completed_in_its_call(shift_leader_client, address):
    comparison = f"/shiftleader/part/comparison/?runs={RUN}"  # its answers from before the sending are not used
    shift_leader_client.get(comparison)
    confirm(shift_leader_client, address)
    send_confirmed(Budget(60))
    shift_leader_client.post(f"{address}move/", {"purpose": "complete"})
    assert send_confirmed(Budget(60)).failed == 0
    shift_leader_client.get(comparison)  # requests the flags by lumisection
    read_requested_lumisections(Budget(60))
    words = " ".join(re.sub("<[^>]*>", " ", shift_leader_client.get(comparison).text).split())
    assert "1 equal" in words and "0 different" in words and "0 mixed" in words
    assert "bad; equal; left standby in 1-22, 1356-" in words
    calls = certification_calls(Budget(60)).value
    states = {(row.run_number, row.name): row.state for call in calls for row in call.datasets}
    assert states[RUN, DATASET] == "COMPLETED"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"is_practice": True}, "It is practice."),
        ({"state": "withdrawn", "withdrawn_at": timezone.now(), "withdrawn_reason": "typed twice"}, "It is withdrawn."),
        ({"stale": [{"fact": "lumisections"}]}, "it is stale"),
    ],
)
def test_what_must_not_be_sent_says_why(shift_leader_client, address, certification, changes, sentence):
    who = {"withdrawn_by": certification.user} if "state" in changes else {}
    TrackerCertification.everything.filter(pk=certification.pk).update(**changes, **who)
    page = shift_leader_client.get(address)
    assert sentence in page.text
    assert "Send to Run Registry" not in page.text
    assert confirm(shift_leader_client, address).status_code == 409
    assert not Sending.objects.exists()


def test_bad_with_low_statistics_waits_for_a_choice(shift_leader_client, address, certification):
    TrackerCertification.objects.filter(pk=certification.pk).update(strip="bad", strip_lowstat=True, strip_ranges=[])
    assert "Strip is bad with low statistics" in shift_leader_client.get(address).text
    refused = confirm(shift_leader_client, address)
    assert refused.status_code == 422
    assert "Not sent: Strip is bad with low statistics. Choose GOOD or BAD above the plan." in refused.text
    chosen = f"{address}?lowstat-strip=GOOD"
    form = fields_of(shift_leader_client.get(chosen), "digest")
    assert shift_leader_client.post(address, form).status_code == 303


OTHER = {"GOOD": FlagTriplet("BAD", "FED 401"), "BAD": FlagTriplet("GOOD")}


@pytest.mark.parametrize("status", ["GOOD", "BAD"])
def test_choice_for_low_statistics_is_known_once_it_is_sent(shift_leader_client, address, certification, status):
    changes = {"strip": "bad", "strip_lowstat": True, "strip_ranges": [], "comment": "few tracks"}
    TrackerCertification.objects.filter(pk=certification.pk).update(**changes)
    form = fields_of(shift_leader_client.get(f"{address}?lowstat-strip={status}"), "digest")
    assert shift_leader_client.post(address, form).status_code == 303
    assert send_confirmed(Budget(60)).failed == 0
    assert "Nothing to write" in shift_leader_client.get(address).text
    part = shift_leader_client.get(f"/shiftleader/part/to_registry/?runs={RUN}", headers={"HX-Request": "true"})
    assert "1 of 1 equal" in part.text
    send_flag_edit(FlagEdit(DatasetKey(RUN, DATASET), "strip", 60, 1364, OTHER[status], 1364), Budget(60))
    assert confirm(shift_leader_client, address, **{"strip:60-1364": "ours"}).status_code == 303
    TrackerCertification.objects.filter(pk=certification.pk).update(version=2)
    assert "bad with low statistics: good or bad there" in shift_leader_client.get(address).text


def test_plan_only_shows_plans_and_sends_nothing(shift_leader_client, address, settings):
    settings.REGISTRY_SYNC = "plan"
    page = shift_leader_client.get(address)
    assert "Sending is switched off here" in page.text
    assert "Send to Run Registry</button>" not in page.text
    assert confirm(shift_leader_client, address).status_code == 403
    assert not Sending.objects.exists()


def test_off_hides_everything(shift_leader_client, address, settings):
    settings.REGISTRY_SYNC = "off"
    assert shift_leader_client.get(address).status_code == 404
    assert shift_leader_client.get("/registry/").status_code == 404


def test_registry_that_is_down_is_a_sentence(shift_leader_client, address, sandbox):
    sandbox.faults("registry", "refuse")
    page = shift_leader_client.get(address)
    assert page.status_code == 200
    assert "Run Registry broke off the connection" in page.text


def test_export_has_a_row_for_each_write(shift_leader_client, address):
    confirm(shift_leader_client, address)
    send_confirmed(Budget(60))
    lines = b"".join(shift_leader_client.get("/registry/?export=csv")).decode().splitlines()
    assert len(lines) == 4
    assert lines[1].startswith(f"{RUN},prompt,{DATASET},")
    assert ",strip,310-330,GOOD,BAD," in lines[1]
