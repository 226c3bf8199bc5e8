"""The page of a plan: what it shows, refuses and asks."""

from __future__ import annotations

import re

import pytest
import requests
from django.utils import timezone

from certify.models import TrackerCertification
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import leave_requests
from infrastructure.http.budget import Budget
from oms.lumisections.mirror import valid_lumis
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync.models import Sending
from registry_sync.sender import send_confirmed
from tests.browser_form import fields_of
from tests.registry_sync.conftest import DATASET, RUN, write_requests
from tests.registry_sync.steps import confirm_on_page, their_edit

pytestmark = pytest.mark.django_db


def test_plan_shows_what_would_be_written_and_writes_nothing(shift_leader_client, address, sandbox):
    page = shift_leader_client.get(address)
    assert page.status_code == 200
    text = " ".join(re.sub("<[^>]*>", " ", page.text).split())
    assert "Strip 310-330 GOOD BAD BAD" in text
    assert "Tracking 1-1364 NOTSET GOOD GOOD" in text
    assert "2 edits and the move to SIGNOFF, about" in text
    assert 'href="#plan-end">Skip to the end of the plan</a>' in page.text and "Skip to the choices" not in page.text
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


def test_confirmation_of_an_old_plan_shows_the_new_one(shift_leader_client, address, certification):
    form = fields_of(shift_leader_client.get(address), "digest")
    their_edit(1, 2, "BAD", "FED 401")
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
    assert '<a class="skip-link" href="#plan-rows">Skip to the choices</a>' in page.text
    table = page.text[page.text.index('id="plan-rows"') :]
    assert re.search("<(input|a|button)[^>]*>", table)[0].startswith('<input type="radio" name="strip:500-510"')
    refused = confirm_on_page(shift_leader_client, address)
    assert refused.status_code == 422
    assert "Strip 500-510: choose what Run Registry gets." in refused.text
    assert confirm_on_page(shift_leader_client, address, **{"strip:500-510": "skip"}).status_code == 303
    assert not Sending.objects.get().writes.filter(component="strip", first=500).exists()


def test_plan_as_text_names_its_dataset(shift_leader_client, address, certification):
    page = shift_leader_client.get(address).text
    heading = f"{RUN} {DATASET}, CH {certification.pk} v1"
    assert f"{heading}\nStrip 310-330: BAD, “holes in TIB [CH {certification.pk} v1, shifter]”\nTracking" in page


def test_column_that_is_not_ours_is_left_alone_and_named(shift_leader_client, address, sandbox):
    flag = {"start": 310, "end": 330, "status": "BAD", "comment": "by hand", "cause": ""}
    dataset = {"run_number": RUN, "dataset_name": DATASET}
    body = {**dataset, "component": "tracker-tracking", "new_lumisection_range": flag}
    headers = {"email": "dc@cern.ch", "egroups": "cms-dqm-runregistry-experts"}
    url = f"{sandbox.base_url}/registry/lumisections"
    requests.put(f"{url}/edit_rr_lumisections", json=body, headers=headers, timeout=30).raise_for_status()
    ranges = lambda: requests.post(f"{url}/rr_lumisection_ranges_by_component", json=dataset, timeout=30).json()  # noqa: E731
    before = ranges()["tracker-tracking"]
    page = shift_leader_client.get(address)
    assert "Left alone: tracker-tracking, which Run Registry has too." in page.text
    assert confirm_on_page(shift_leader_client, address).status_code == 303
    assert send_confirmed(Budget(60)).failed == 0
    assert ranges()["tracker-tracking"] == before


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
    assert confirm_on_page(shift_leader_client, address).status_code == 409
    assert not Sending.objects.exists()


def test_bad_with_low_statistics_waits_for_a_choice(shift_leader_client, address, certification):
    TrackerCertification.objects.filter(pk=certification.pk).update(strip="bad", strip_lowstat=True, strip_ranges=[])
    page = shift_leader_client.get(address).text
    assert 'class="panel-body lowstat-choice" id="plan-lowstat" tabindex="-1">Strip is bad with low statistics' in page
    assert 'href="#plan-lowstat">Skip to the choices</a>' in page
    refused = confirm_on_page(shift_leader_client, address)
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
    assert confirm_on_page(shift_leader_client, address, **{"strip:60-1364": "ours"}).status_code == 303
    TrackerCertification.objects.filter(pk=certification.pk).update(version=2)
    assert "bad with low statistics: good or bad there" in shift_leader_client.get(address).text


def test_plan_only_shows_plans_and_sends_nothing(shift_leader_client, address, settings):
    settings.REGISTRY_SYNC = "plan"
    page = shift_leader_client.get(address)
    assert "Sending is switched off here" in page.text
    assert "Send to Run Registry</button>" not in page.text
    assert confirm_on_page(shift_leader_client, address).status_code == 403
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
