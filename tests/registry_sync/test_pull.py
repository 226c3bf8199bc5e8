"""Changes in Run Registry after a certification was written there are found, named and shown."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from infrastructure.http.budget import Budget
from registry import changed_datasets
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync.actions import confirm_undo
from registry_sync.models import RegistryPull, Sending
from registry_sync.pull import PullResult, pull_changes
from registry_sync.sender import send_confirmed
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
    assert len(sandbox.requests("registry")) == 1


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


def test_hidden_dataset_stays_as_it_was_compared_last(sent, sandbox):
    their_hiding(sandbox)
    assert not pull_changes(Budget(60)).stopped
    assert texts(sent) == ["", "", ""]


def test_receipt_and_list_show_what_has_changed_since(sent, by_hand, shift_leader_client, sandbox):
    by_hand(310, 330, "GOOD", "")
    pull_changes(Budget(60))
    page = shift_leader_client.get(f"/registry/{sent.pk}/").text
    assert "changed since</span>" in page and "Now GOOD again by dc@cern.ch, 20" in page
    assert "1 changed in Run Registry since" in shift_leader_client.get("/registry/").text
    assert f"/registry/{sent.pk}/" in shift_leader_client.get("/registry/?changed=1").text
    rows = b"".join(shift_leader_client.get("/registry/?changed=1&export=csv")).decode().splitlines()
    assert rows[1].split(",")[-2].startswith("GOOD again by dc@cern.ch") or "GOOD again by dc@cern.ch" in rows[1]
    Sending.objects.changed_since().get().writes.update(changed_since="")
    assert "Nothing has changed" in shift_leader_client.get("/registry/?changed=1").text
