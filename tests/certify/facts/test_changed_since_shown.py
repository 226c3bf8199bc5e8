"""Verdict facts that changed after the form was opened: the form is shown again once with the difference."""

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
def certification(shifter):
    return CertificationFactory(user=shifter, run=RunFactory(recorded_lumi=100.0, lumisections=600))


def _store_oms_values(number, **changed):
    run = OmsRun.objects.get(pk=number)
    current = {
        name: getattr(run, name) for name in ("run_number", "run_type", "lumisections", "recorded_lumi", "energy")
    }
    upsert.store_facts(FetchResult({number: RunFacts(**current | changed)}, None, timezone.now()), FetchResult(), {})


def _mark_stale(certification, now):
    TrackerCertification.objects.filter(pk=certification.pk).update(
        stale=[{"fact": "dataset", "was": str(certification.dataset), "now": now}], stale_since=timezone.now()
    )


def test_changed_facts_are_shown_before_certifying(shifter_client):
    opened = open_form(shifter_client)
    _store_oms_values(RUN, lumisections=7, recorded_lumi=0.5)
    refused = send_form(shifter_client, opened, **GOOD, comment="preserved text")
    text = refused.content.decode()
    assert refused.status_code == 422
    assert re.search(r"Lumisections are 7 now, \d+ were shown\. Check it and save again\.", text)
    assert "Recorded luminosity is 0.500 /pb now" in text
    assert "preserved text" in text
    assert not TrackerCertification.objects.exists()
    assert send_form(shifter_client, refused).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.lumisections, certification.recorded_lumi, certification.comment) == (
        7,
        0.5,
        "preserved text",
    )


def test_changed_facts_are_shown_before_an_update_removes_the_stale_mark(certification, shifter_client):
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    _store_oms_values(certification.run_number, lumisections=300, recorded_lumi=10.0)
    refused = send_form(shifter_client, opened, path, comment="typo")
    assert refused.status_code == 422
    assert "Lumisections are 300 now, 600 were shown. Check it and save again." in refused.content.decode()
    certification.refresh_from_db()
    assert (certification.is_stale, certification.lumisections, certification.comment) == (True, 600, "")
    assert send_form(shifter_client, refused, path).status_code == 303
    certification.refresh_from_db()
    assert (certification.is_stale, certification.lumisections, certification.recorded_lumi, certification.comment) == (
        False,
        300,
        10.0,
        "typo",
    )


def test_changed_dataset_is_shown_before_an_update_removes_the_stale_mark(certification, shifter_client):
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    _mark_stale(certification, "/Express/Other/DQM")
    refused = send_form(shifter_client, opened, path)
    assert refused.status_code == 422
    assert "Run Registry names the dataset /Express/Other/DQM now. Check it and save again." in refused.content.decode()
    assert send_form(shifter_client, refused, path).status_code == 303


@pytest.mark.parametrize("same", [{}, {"recorded_lumi": 100.5}, {"energy": 1.0}])
def test_change_of_other_facts_does_not_prevent_saving(certification, shifter_client, same):
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    _store_oms_values(certification.run_number, **same)
    assert send_form(shifter_client, opened, path).status_code == 303


def test_typed_value_is_no_difference_and_an_unchanged_input_gets_the_oms_value(certification, shifter_client):
    path = f"/list/{certification.pk}/update/?correct=1"
    opened = open_form(shifter_client, path)
    _store_oms_values(certification.run_number, lumisections=300, recorded_lumi=10.0)
    refused = send_form(shifter_client, opened, path, **{"run-lumisections": "500"})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Lumisections are" not in text
    assert "Recorded luminosity is 10.000 /pb now, 100.000 /pb was shown." in text
    sent = fields_of(refused)
    assert (sent["run-lumisections"], sent["run-recorded_lumi"]) == (["500"], ["10.0"])
    assert send_form(shifter_client, refused, path).status_code == 303
    certification.refresh_from_db()
    assert (certification.lumisections, certification.recorded_lumi) == (500, 10.0)
    assert set(OmsRun.objects.get(pk=certification.run_number).typed) == {"lumisections"}


def test_form_context_without_the_facts_shown_is_accepted(certification, shifter_client):
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    ticket = asdict(read_form_context(fields_of(opened)["ticket"][0]))
    ticket.pop("shown")
    _store_oms_values(certification.run_number, lumisections=300)
    older = signing.dumps(ticket, salt="certify.ticket", compress=True)
    assert send_form(shifter_client, opened, path, ticket=older).status_code == 303


def test_save_sent_twice_is_accepted_when_oms_changed_meanwhile(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    _store_oms_values(RUN, lumisections=7)
    mark_stale([OmsRun.objects.get(pk=RUN)])
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    assert TrackerCertification.objects.get().version == 1
