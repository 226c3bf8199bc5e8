"""Changes in Run Registry after a certification was written there are found, named and shown."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from registry import changed_datasets
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync import pull
from registry_sync.actions import confirm_undo
from registry_sync.changed_since import HIDDEN
from registry_sync.models import RegistryPull, Sending
from registry_sync.pull import PullResult, pull_changes
from registry_sync.sender import send_confirmed
from tests.factories import CertificationFactory, SendingFactory
from tests.registry_sync.conftest import write_requests
from tests.registry_sync.steps import confirmed, their_edit, their_hiding, their_move

pytestmark = pytest.mark.django_db
OTHER = DatasetKey(315322, "/Express/Collisions2018/DQM")


@pytest.fixture
def sent(certification, shift_leader):
    """A sending that is done, and what changed in Run Registry before: Strip 310-330 BAD, Tracking 1-1364 GOOD."""
    sending = confirmed(certification, shift_leader)
    pull_changes(Budget(60))
    assert send_confirmed(Budget(60)).failed == 0
    return sending


@pytest.fixture
def by_hand(settings):
    """Somebody else writes."""

    def edit(*arguments, **options):
        ours = settings.RUNREGISTRY_AUDIENCE, settings.RUNREGISTRY_EMAIL
        settings.RUNREGISTRY_AUDIENCE, settings.RUNREGISTRY_EMAIL = "", "dc@cern.ch"
        their_edit(*arguments, **options)
        settings.RUNREGISTRY_AUDIENCE, settings.RUNREGISTRY_EMAIL = ours

    return edit


def texts(sending):
    return [write.changed_since for write in sending.writes.all()]


def test_what_was_written_and_is_there_is_not_marked(sent, sandbox):
    sandbox.clear_requests()
    assert pull_changes(Budget(60)) == PullResult(changed=1, compared=1)
    assert write_requests(sandbox) == []
    assert texts(sent) == ["", "", ""]
    assert not Sending.objects.changed_since().exists()


def test_change_by_hand_says_who_and_when(sent, by_hand):
    by_hand(310, 330, "GOOD", "")
    assert pull_changes(Budget(60)) == PullResult(changed=1, compared=1)
    strip, tracking, move = texts(sent)
    assert strip.startswith("GOOD again by dc@cern.ch, 20") and strip.endswith(" UTC")
    assert (tracking, move) == ("", "")
    assert Sending.objects.changed_since().get() == sent


def test_part_of_a_range_and_the_state_are_named(sent, by_hand):
    by_hand(320, 325, "EXCLUDED", "")
    by_hand(1, 5, "BAD", "no tracks", component="tracking")
    by_hand(1000, 1364, "BAD", "no tracks", component="tracking")
    their_move("COMPLETED", "SIGNOFF")
    pull_changes(Budget(60))
    strip, tracking, move = texts(sent)
    assert strip.startswith("320-325 EXCLUDED by dc@cern.ch, ")
    assert tracking.startswith("1-5") and "1000-1364 BAD by dc@cern.ch, " in tracking
    assert move == ""


def test_state_that_went_back_is_named_and_one_that_went_on_is_not(sent, sandbox):
    their_move("SIGNOFF", "COMPLETED")
    pull_changes(Budget(60))
    assert texts(sent)[-1] == ""
    sandbox.reset_registry()
    pull = RegistryPull.objects.get()
    pull.again = [[sent.run_number, sent.registry_name]]
    pull.save()
    pull_changes(Budget(60))
    assert texts(sent)[-1] == "OPEN again"


def test_change_that_is_taken_back_is_not_marked_any_more(sent, by_hand):
    by_hand(310, 330, "GOOD", "")
    pull_changes(Budget(60))
    by_hand(310, 330, "BAD", "bad after all")
    pull_changes(Budget(60))
    assert texts(sent) == ["", "", ""]


def test_what_a_later_sending_replaced_is_no_change(sent, shift_leader):
    undoing = confirm_undo(shift_leader, sent, Budget(60))
    send_confirmed(Budget(60))
    pull_changes(Budget(60))
    assert texts(sent) == ["", "", ""]
    assert not any(texts(undoing))


def test_each_change_is_read_once(sent, sandbox, by_hand):
    by_hand(310, 330, "GOOD", "")
    assert pull_changes(Budget(60)).changed == 1
    sandbox.clear_requests()
    assert pull_changes(Budget(60)) == PullResult()
    assert len(sandbox.requests("registry")) == 2  # what has changed, and which datasets are listed


def test_datasets_of_one_version_are_all_read_however_many_fit_on_a_page(sent, by_hand, monkeypatch):
    pull_changes(Budget(60))
    pull = RegistryPull.objects.get()
    monkeypatch.setattr(changed_datasets, "PAGE_SIZE", 1)
    by_hand(310, 330, "GOOD", "")
    send_flag_edit(FlagEdit(OTHER, "pixel", 1, 2, FlagTriplet("GOOD"), 1364), Budget(60))
    their_edit(1, 1, "GOOD", "", component="tracking")
    assert pull_changes(Budget(60)).changed == 2
    assert RegistryPull.objects.get().version > pull.version
    assert texts(sent)[0].startswith("GOOD again")


def test_dataset_that_is_being_written_to_is_compared_later(sent, certification, shift_leader, by_hand):
    pull_changes(Budget(60))
    by_hand(310, 330, "GOOD", "")
    again = confirmed(certification, shift_leader)
    assert pull_changes(Budget(60)) == PullResult(changed=1)
    assert texts(sent)[0] == ""
    again.writes.update(state="given_up")
    assert pull_changes(Budget(60)) == PullResult(compared=1)
    assert texts(sent)[0].startswith("GOOD again")


def test_registry_that_is_down_is_read_from_the_same_place_later(sent, sandbox, by_hand):
    by_hand(310, 330, "GOOD", "")
    sandbox.faults("registry", "500", path="rr_lumisection_ranges_by_component")
    assert pull_changes(Budget(60)).stopped
    sandbox.clear_faults()
    cache.clear()  # where it is noted that Run Registry is out
    assert pull_changes(Budget(60)) == PullResult(changed=1, compared=1)
    assert texts(sent)[0].startswith("GOOD again")


@pytest.mark.parametrize("mode", ["wrong-shape", "bad-values", "empty", "truncated"])
def test_answer_that_cannot_be_read_moves_nothing_on(sent, sandbox, mode):
    sandbox.faults("registry", mode, path="datasets_filtered_ordered")
    version = RegistryPull.objects.get().version
    assert pull_changes(Budget(60)).stopped
    assert RegistryPull.objects.get().version == version


def test_nothing_is_read_where_nothing_was_sent_or_sending_is_off(certification, sandbox, settings):
    assert pull_changes(Budget(60)) == PullResult()
    settings.REGISTRY_SYNC = "off"
    assert pull_changes(Budget(60)) == PullResult()
    assert sandbox.requests("registry") == []


def test_hidden_dataset_is_found_and_one_that_is_listed_again_is_compared(sent, sandbox):
    their_hiding(sandbox)
    assert not pull_changes(Budget(60)).stopped
    sent.refresh_from_db()
    assert sent.changed_since == HIDDEN
    assert Sending.objects.changed_since().get() == sent
    their_edit(310, 330, "BAD", "holes")  # with which it is visible again
    RegistryPull.objects.update(version=10**9)  # as if its change had not been read
    pull_changes(Budget(60))
    sent.refresh_from_db()
    assert sent.changed_since == ""


def test_datasets_are_looked_for_some_runs_at_a_time(sent, sandbox, monkeypatch):
    monkeypatch.setattr(pull, "RUNS_LOOKED_FOR", 1)
    other = SendingFactory(run_number=315323)
    their_hiding(sandbox)
    hidden = []
    for _ in range(3):
        pull_changes(Budget(60))
        hidden.append(set(Sending.objects.changed_since().values_list("pk", flat=True)))
    assert hidden == [{sent.pk}, {sent.pk, other.pk}, {sent.pk, other.pk}]
    assert RegistryPull.objects.get().listed_upto == 0


def test_lumisections_that_were_equal_and_change_there_are_named(sent, by_hand):
    by_hand(500, 505, "BAD", "FED 401")
    pull_changes(Budget(60))
    sent.refresh_from_db()
    assert sent.changed_since.startswith("Strip 500-505 BAD by dc@cern.ch, 20")
    assert texts(sent) == ["", "", ""]
    by_hand(500, 505, "GOOD", "")
    pull_changes(Budget(60))
    sent.refresh_from_db()
    assert sent.changed_since == ""


def test_change_of_what_an_earlier_sending_wrote_stays_with_its_receipt(sent, certification, shift_leader, by_hand):
    TrackerCertification.objects.filter(pk=certification.pk).update(version=2, strip_ranges=[[310, 335]])
    certification.refresh_from_db()
    later = confirmed(certification, shift_leader)
    assert send_confirmed(Budget(60)).failed == 0
    by_hand(312, 313, "GOOD", "")
    by_hand(334, 335, "GOOD", "")
    by_hand(600, 600, "BAD", "FED 401")
    pull_changes(Budget(60))
    later.refresh_from_db()
    assert texts(sent)[0].startswith("312-313 GOOD again by dc@cern.ch")
    assert texts(later)[0].startswith("334-335 GOOD again by dc@cern.ch")
    assert later.changed_since.startswith("Strip 600 BAD by dc@cern.ch")


def test_list_marks_and_finds_what_has_changed_since(sent, by_hand, shift_leader_client, settings):
    CertificationFactory()
    by_hand(500, 505, "BAD", "FED 401")
    pull_changes(Budget(60))
    everything = shift_leader_client.get("/list/?state=live").text
    assert everything.count("changed in RR</span>") == 1
    found = shift_leader_client.get("/list/?registry_changed=on").text
    assert found.count("<tr data-pk") == 1 and f'data-run="{sent.run_number}"' in found
    assert "Changed in Run Registry since" in found
    past = shift_leader_client.get("/list/?registry_changed=on&as_of=2099-01-01T00:00:00Z")
    assert past.status_code == 200
    settings.REGISTRY_SYNC = "off"
    hidden = shift_leader_client.get("/list/?state=live").text
    assert "changed in RR" not in hidden and "Changed in Run Registry" not in hidden


def test_comparison_and_week_lead_to_the_receipt_of_what_has_changed_since(sent, by_hand, shift_leader_client):
    by_hand(500, 505, "BAD", "FED 401")
    pull_changes(Budget(60))
    comparison = shift_leader_client.get(f"/shiftleader/part/comparison/?runs={sent.run_number}&again=1").text
    assert f'href="/registry/{sent.pk}/" aria-label="{sent.run_number} prompt: changed since it was sent"' in comparison
    assert "registry_changed=on#comparison" in comparison
    assert "1 changed in Run Registry since it was sent" in comparison
    week = shift_leader_client.get(f"/shiftleader/part/to_registry/?runs={sent.run_number}&again=1").text
    assert f'href="/registry/{sent.pk}/">Changed in Run Registry since it was sent' in week
    receipt = shift_leader_client.get(f"/registry/{sent.pk}/").text
    assert "Not written from here, and otherwise now: Strip 500-505 BAD by dc@cern.ch" in receipt


def test_receipt_and_list_show_what_has_changed_since(sent, by_hand, shift_leader_client, sandbox):
    by_hand(310, 330, "GOOD", "")
    pull_changes(Budget(60))
    page = shift_leader_client.get(f"/registry/{sent.pk}/").text
    assert "changed since</span>" in page and "Now GOOD again by dc@cern.ch, 20" in page
    outbox = shift_leader_client.get("/registry/").text
    assert "1 changed in Run Registry since" in outbox
    assert f"were read at {RegistryPull.objects.get().read_at:%Y-%m-%d %H:%M:%S} UTC" in outbox
    assert f"/registry/{sent.pk}/" in shift_leader_client.get("/registry/?changed=1").text
    rows = b"".join(shift_leader_client.get("/registry/?changed=1&export=csv")).decode().splitlines()
    assert "GOOD again by dc@cern.ch" in rows[1]
    Sending.objects.changed_since().get().writes.update(changed_since="")
    assert "Nothing has changed" in shift_leader_client.get("/registry/?changed=1").text
