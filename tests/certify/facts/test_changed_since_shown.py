"""A verdict rests on facts that its author saw: where OMS says otherwise at saving, the form comes back once."""

import re
from dataclasses import asdict

import pytest
from django.core import signing
from django.utils import timezone

from certify.editor.form_context import read_form_context
from certify.facts.staleness import mark_stale
from certify.models import TrackerCertification
from oms import upsert
from oms.client import FetchResult
from oms.models import OmsRun
from oms.wire_types import RunFacts
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
PATH = f"/certify/{RUN}/express/"


@pytest.fixture
def made(shifter):
    return CertificationFactory(user=shifter, run=RunFactory(recorded_lumi=100.0, lumisections=600))


def _oms_says(number, **other):
    run = OmsRun.objects.get(pk=number)
    same = {name: getattr(run, name) for name in ("run_number", "run_type", "lumisections", "recorded_lumi", "energy")}
    upsert.store_facts(FetchResult({number: RunFacts(**same | other)}, None, timezone.now()), FetchResult(), {})


def _marked(made, now):
    TrackerCertification.objects.filter(pk=made.pk).update(
        stale=[{"fact": "dataset", "was": str(made.dataset), "now": now}], stale_since=timezone.now()
    )


def test_certified_once_the_other_facts_were_shown(shifter_client):
    opened = open_form(shifter_client)
    _oms_says(RUN, lumisections=7, recorded_lumi=0.5)
    refused = send_form(shifter_client, opened, **GOOD, comment="kept words")
    text = refused.content.decode()
    assert refused.status_code == 422
    assert re.search(r"Lumisections are 7 now, \d+ were shown\. Check it and save again\.", text)
    assert "Recorded luminosity is 0.500 /pb now" in text
    assert "kept words" in text
    assert not TrackerCertification.objects.exists()
    assert send_form(shifter_client, refused).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.lumisections, made.recorded_lumi, made.comment) == (7, 0.5, "kept words")


def test_changed_and_the_mark_taken_away_once_the_other_facts_were_shown(made, shifter_client):
    path = f"/list/{made.pk}/update/"
    opened = open_form(shifter_client, path)
    _oms_says(made.run_number, lumisections=300, recorded_lumi=10.0)
    refused = send_form(shifter_client, opened, path, comment="typo")
    assert refused.status_code == 422
    assert "Lumisections are 300 now, 600 were shown. Check it and save again." in refused.content.decode()
    made.refresh_from_db()
    assert (made.is_stale, made.lumisections, made.comment) == (True, 600, "")
    assert send_form(shifter_client, refused, path).status_code == 303
    made.refresh_from_db()
    assert (made.is_stale, made.lumisections, made.recorded_lumi, made.comment) == (False, 300, 10.0, "typo")


def test_dataset_named_meanwhile_is_shown_before_its_mark_goes(made, shifter_client):
    path = f"/list/{made.pk}/update/"
    opened = open_form(shifter_client, path)
    _marked(made, "/Express/Other/DQM")
    refused = send_form(shifter_client, opened, path)
    assert refused.status_code == 422
    assert "Run Registry names the dataset /Express/Other/DQM now. Check it and save again." in refused.content.decode()
    assert send_form(shifter_client, refused, path).status_code == 303


@pytest.mark.parametrize("same", [{}, {"recorded_lumi": 100.5}, {"energy": 1.0}])
def test_what_no_verdict_rests_on_stops_nobody(made, shifter_client, same):
    path = f"/list/{made.pk}/update/"
    opened = open_form(shifter_client, path)
    _oms_says(made.run_number, **same)
    assert send_form(shifter_client, opened, path).status_code == 303


def test_own_typed_value_is_no_difference_and_an_untouched_input_follows_oms(made, shifter_client):
    path = f"/list/{made.pk}/update/?correct=1"
    opened = open_form(shifter_client, path)
    _oms_says(made.run_number, lumisections=300, recorded_lumi=10.0)
    refused = send_form(shifter_client, opened, path, **{"run-lumisections": "500"})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Lumisections are" not in text
    assert "Recorded luminosity is 10.000 /pb now, 100.000 /pb was shown." in text
    sent = fields_of(refused)
    assert (sent["run-lumisections"], sent["run-recorded_lumi"]) == (["500"], ["10.0"])
    assert send_form(shifter_client, refused, path).status_code == 303
    made.refresh_from_db()
    assert (made.lumisections, made.recorded_lumi) == (500, 10.0)
    assert set(OmsRun.objects.get(pk=made.run_number).typed) == {"lumisections"}


def test_form_that_does_not_say_what_it_showed_is_taken(made, shifter_client):
    path = f"/list/{made.pk}/update/"
    opened = open_form(shifter_client, path)
    ticket = asdict(read_form_context(fields_of(opened)["ticket"][0]))
    ticket.pop("shown")
    _oms_says(made.run_number, lumisections=300)
    older = signing.dumps(ticket, salt="certify.ticket", compress=True)
    assert send_form(shifter_client, opened, path, ticket=older).status_code == 303


def test_same_save_sent_again_leads_to_its_record_whatever_oms_says_since(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    _oms_says(RUN, lumisections=7)
    mark_stale([OmsRun.objects.get(pk=RUN)])
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    assert TrackerCertification.objects.get().version == 1
