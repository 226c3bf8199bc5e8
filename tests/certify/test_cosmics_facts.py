"""Cosmics show what cosmics have, on the certify page and on a certification."""

import re

import pytest
from django.utils import timezone

from certify.facts.presentation import duration_text
from certify.models import TrackerCertification
from certify.references.models import Readout
from oms.models import OmsRun
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import CertificationFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def labels_of(response):
    html = response.content.decode()
    return [re.sub(r"<[^>]+>", "", text).strip() for text in re.findall(r"<dt>(.*?)</dt>", html, re.DOTALL)]


def titles_of(response):
    return [group.title for group in response.context["page"].facts]


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45 s"), (750.4, "12 min 30 s"), (3599.6, "1 h 00 min"), (7500, "2 h 05 min")]
)
def test_duration_as_text(seconds, text):
    assert duration_text(seconds) == text


def test_certify_page_of_cosmics_has_no_lines_of_beams(shifter_client):
    RunFactory(
        run_number=314770, cosmics=True, fill=None, fill_number=None, energy=None, duration=7500, recorded_lumi=0
    )
    response = shifter_client.get("/certify/314770/express/")
    assert response.status_code == 200
    run = OmsRun.objects.get(pk=314770)
    assert run.run_type == "cosmics"
    labels = {label.lower() for label in labels_of(response)}
    assert "duration" in labels and "lumisections" in labels
    for group in response.context["page"].facts:
        assert all(line.text for line in group.lines)
    hidden = {"energy": run.energy, "recorded": run.recorded_lumi, "delivered": run.delivered_lumi}
    assert {name for name, value in hidden.items() if not value} & labels == set()
    assert 'id="confirmations-recorded_lumi"' in response.content.decode()


def test_correcting_shows_all_lines_of_cosmics(shifter_client):
    response = shifter_client.get("/certify/314281/express/?correct=1")
    assert OmsRun.objects.get(pk=314281).run_type == "cosmics"
    assert titles_of(response) == ["Run", "Luminosity", "Fill", "Configuration"]


def test_collisions_keep_all_lines_and_have_no_duration(shifter_client):
    response = open_form(shifter_client)
    assert titles_of(response) == ["Run", "Luminosity", "Fill", "Configuration"]
    assert "Duration" not in labels_of(response)


def test_cosmics_are_saved_from_the_page_without_these_lines(shifter_client):
    opened = open_form(shifter_client, "/certify/314281/express/")
    saved = send_form(shifter_client, opened, "/certify/314281/express/", **GOOD)
    if saved.status_code == 422:
        codes = dict(re.findall(r'name="(confirm_\w+)"[^>]*value="([^"]+)"', saved.content.decode()))
        saved = send_form(shifter_client, opened, "/certify/314281/express/", **GOOD | codes)
    assert saved.status_code == 303, saved.context["editor"].error_links
    assert TrackerCertification.objects.get(runreconstruction__run=314281).run_type == "cosmics"


def test_cosmics_certification_shows_duration_and_apv_mode_and_no_beams(guest_client):
    run = RunFactory(run_number=314770, cosmics=True)
    Readout.objects.create(run=run, mode="PEAK", asked_at=timezone.now())
    facts = {
        "run": {"start_time": "2018-04-27T18:14:00+00:00", "duration": 7500.0, "energy": 0.0, "delivered_lumi": None},
        "fill": {},
    }
    made = CertificationFactory(run=run, run_type="cosmics", recorded_lumi=None, facts=facts)
    labels = labels_of(guest_client.get(f"/list/{made.pk}/"))
    assert {"Duration", "APV mode"} <= set(labels)
    assert {"Energy (GeV)", "Delivered", "Recorded"} & set(labels) == set()


def test_cosmics_certification_keeps_a_luminosity_that_oms_has(guest_client):
    made = CertificationFactory(
        run=RunFactory(run_number=314770, cosmics=True), run_type="cosmics", recorded_lumi=0.0012, facts={}
    )
    assert "Recorded" in labels_of(guest_client.get(f"/list/{made.pk}/"))
