"""Moves of the state alone: back to SIGNOFF, and to COMPLETED."""

from __future__ import annotations

import re

import pytest

from certify.actions.lifecycle import withdraw_certification
from certify.models import TrackerCertification
from certify.ranges.reading import read_requested_lumisections
from infrastructure.http.budget import Budget
from registry.certification_calls import certification_calls
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync.choices import WriteState
from registry_sync.models import Sending
from registry_sync.sender import send_confirmed
from tests.factories import CertificationFactory, DatasetFactory, RunFactory
from tests.registry_sync.conftest import DATASET, RUN
from tests.registry_sync.steps import confirm_on_page, their_move

pytestmark = pytest.mark.django_db


def test_express_ends_at_signoff(shift_leader_client, shifter, sandbox):
    express = CertificationFactory(
        run=RunFactory(run_number=RUN),
        reconstruction="express",
        dataset=DatasetFactory(name="/Express/Collisions2018/DQM"),
        user=shifter,
        lumisections=1364,
    )
    address = f"/list/{express.pk}/registry/"
    confirm_on_page(shift_leader_client, address)
    send_confirmed(Budget(60))
    page = shift_leader_client.get(address).text
    assert "Nothing to write: Run Registry has it already." in page
    assert "Move to COMPLETED" not in page
    assert shift_leader_client.post(f"{address}move/", {"purpose": "complete"}).status_code == 409
    assert Sending.objects.count() == 1


def test_completed_dataset_goes_back_to_signoff_first(shift_leader_client, address, certification):
    confirm_on_page(shift_leader_client, address)
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
    assert confirm_on_page(shift_leader_client, address).status_code == 303
    send_confirmed(Budget(60))
    last = Sending.objects.first()
    assert [(write.lumisections, write.status, write.state) for write in last.writes.all()] == [
        ("331-340", "BAD", "done")
    ]


def test_what_was_written_of_a_withdrawn_certification_is_undone_although_the_dataset_is_completed(
    shift_leader_client, shift_leader, address, certification
):
    confirm_on_page(shift_leader_client, address)
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
    confirm_on_page(shift_leader_client, address)
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
