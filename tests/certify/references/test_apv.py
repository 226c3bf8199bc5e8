"""APV modes: requested from their service in parallel, stored with the run, never blocking the page."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from certify.references.apv_client import read_modes
from certify.references.models import Readout
from infrastructure.http.budget import Budget
from sandbox.faults import MODES
from tests.factories import ReconstructionFactory, RunFactory
from tests.faults.timeouts import set_timeouts
from tests.waiting import HANG_S, PATIENCE_S, are_concurrent

pytestmark = pytest.mark.django_db
RUNS = (314575, 314811, 315189)
FRAGMENT = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def references():
    return [ReconstructionFactory(run=RunFactory(run_number=run), reference=True) for run in RUNS]


def page(client):
    response = client.get("/references/")
    assert response.status_code == 200
    return response.content.decode()


def fragment(client, query=""):
    response = client.get(f"/references/apv/?{query}", **FRAGMENT)
    assert response.status_code == 200
    return response.content.decode()


def test_page_makes_no_request_and_the_fragment_fills_its_cells_once(guest_client, sandbox, references):
    assert 'hx-get="/references/apv/?"' in page(guest_client)
    assert sandbox.requests("apv") == []
    filled = fragment(guest_client)
    assert '<span id="apv-314811-express" hx-swap-oob="true">DECO</span>' in filled
    requests = sandbox.requests("apv")
    assert sorted(request["query"] for request in requests) == [f"RUN={run}" for run in RUNS]
    shown = page(guest_client)
    assert shown.count(">DECO</span>") == 3 and "hx-get" not in shown[shown.index("<main") :]
    fragment(guest_client)
    assert len(sandbox.requests("apv")) == len(requests)
    assert "<dt>APV mode</dt><dd>DECO</dd>" in guest_client.get(f"/references/{references[0].pk}/").content.decode()


def test_fragment_uses_the_filters_of_the_page(guest_client, sandbox, references):
    fragment(guest_client, "runs_min=315000")
    assert [request["query"] for request in sandbox.requests("apv")] == ["RUN=315189"]


def test_without_javascript_a_link_reads_modes_and_redirects_to_the_page(guest_client, sandbox, references):
    response = guest_client.get("/references/apv/?sort=run")
    assert (response.status_code, response["Location"]) == (302, "/references/?sort=run")
    assert Readout.objects.count() == 3


def test_run_unknown_to_the_service_is_requested_again_hours_later(guest_client, sandbox, references):
    sandbox.faults("apv", "not-found")
    assert "does not know 3 of these runs" in fragment(guest_client)
    assert Readout.objects.filter(mode="").count() == 3
    sandbox.clear()
    assert "hx-get" not in page(guest_client)[page(guest_client).index("<main") :]
    Readout.objects.update(asked_at=timezone.now() - timedelta(hours=7))
    assert "DECO" in fragment(guest_client)


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"not-found", "slow"}))
def test_service_failure_is_shown_and_nothing_is_stored(guest_client, sandbox, settings, references, mode):
    set_timeouts(settings, mode)
    sandbox.faults("apv", mode, seconds=HANG_S)
    start = time.monotonic()
    html = fragment(guest_client)
    assert time.monotonic() - start < PATIENCE_S
    assert "The APV service" in html and "Go on without it" in html and "again=1" in html
    assert not Readout.objects.exclude(mode="").exists()
    assert "314811" in page(guest_client)
    sandbox.clear()
    assert "DECO" in fragment(guest_client, "again=1")


def test_modes_are_requested_in_parallel(sandbox, db):
    sandbox.faults("apv", "slow", seconds=2)
    assert set(read_modes(RUNS, Budget(30)).mode_by_run.values()) == {"DECO"}
    assert are_concurrent(sandbox.requests("apv"))


def test_modes_are_stored_when_another_request_failed(guest_client, sandbox, references):
    sandbox.faults("apv", "500", count=1)
    html = fragment(guest_client)
    assert "The APV service answered with an error (500)" in html
    assert Readout.objects.count() < 3


def test_without_a_url_no_apv_modes_are_shown(guest_client, references, settings):
    settings.APV_URL = ""
    shown = page(guest_client)
    assert "APV" not in shown and "314811" in shown
    assert guest_client.get("/references/apv/").status_code == 302
    assert "apv" not in guest_client.get("/healthz").json()["services"]


def test_health_includes_the_service_when_it_has_a_url(client, sandbox):
    assert "apv" in client.get("/healthz").json()["services"]
