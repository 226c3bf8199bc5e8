"""The APV modes: read from their own service beside each other, kept with the run, never in the way."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from certify.references.apv_client import read_modes
from certify.references.models import Readout
from infrastructure.http.budget import Budget
from sandbox.faults import MODES
from tests.factories import ReconstructionFactory, RunFactory
from tests.waiting import HANG_S, PATIENCE_S, are_concurrent

pytestmark = pytest.mark.django_db
RUNS = (314575, 314811, 315189)
FRAGMENT = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def three():
    return [ReconstructionFactory(run=RunFactory(run_number=run), reference=True) for run in RUNS]


def page(client):
    answer = client.get("/references/")
    assert answer.status_code == 200
    return answer.content.decode()


def fragment(client, query=""):
    answer = client.get(f"/references/apv/?{query}", **FRAGMENT)
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_asks_nobody_and_the_fragment_fills_its_cells_once(guest_client, sandbox, three):
    assert 'hx-get="/references/apv/?"' in page(guest_client)
    assert sandbox.requests("apv") == []
    filled = fragment(guest_client)
    assert '<span id="apv-314811-express" hx-swap-oob="true">DECO</span>' in filled
    asked = sandbox.requests("apv")
    assert sorted(one["query"] for one in asked) == [f"RUN={run}" for run in RUNS]
    shown = page(guest_client)
    assert shown.count(">DECO</span>") == 3 and "hx-get" not in shown[shown.index("<main") :]
    fragment(guest_client)
    assert len(sandbox.requests("apv")) == len(asked)
    assert "<dt>APV mode</dt><dd>DECO</dd>" in guest_client.get(f"/references/{three[0].pk}/").content.decode()


def test_filters_of_the_page_count_for_the_fragment_too(guest_client, sandbox, three):
    fragment(guest_client, "runs_min=315000")
    assert [one["query"] for one in sandbox.requests("apv")] == ["RUN=315189"]


def test_without_javascript_a_link_reads_and_leads_back(guest_client, sandbox, three):
    answer = guest_client.get("/references/apv/?sort=run")
    assert (answer.status_code, answer["Location"]) == (302, "/references/?sort=run")
    assert Readout.objects.count() == 3


def test_run_that_the_service_does_not_know_is_asked_again_hours_later(guest_client, sandbox, three):
    sandbox.faults("apv", "not-found")
    assert "does not know 3 of these runs" in fragment(guest_client)
    assert Readout.objects.filter(mode="").count() == 3
    sandbox.clear()
    assert "hx-get" not in page(guest_client)[page(guest_client).index("<main") :]
    Readout.objects.update(asked_at=timezone.now() - timedelta(hours=7))
    assert "DECO" in fragment(guest_client)


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"not-found", "slow"}))
def test_service_that_fails_is_said_and_nothing_of_it_is_kept(guest_client, sandbox, settings, three, mode):
    settings.PAGE_BUDGET_S, settings.CONNECT_TIMEOUT_S, settings.READ_TIMEOUT_S = 0.6, 0.2, 0.2
    sandbox.faults("apv", mode, seconds=HANG_S)
    began = time.monotonic()
    said = fragment(guest_client)
    assert time.monotonic() - began < PATIENCE_S
    assert "The APV service" in said and "Go on without it" in said and "again=1" in said
    assert not Readout.objects.exclude(mode="").exists()
    assert "314811" in page(guest_client)
    sandbox.clear()
    assert "DECO" in fragment(guest_client, "again=1")


def test_calls_are_made_beside_each_other(sandbox, db):
    sandbox.faults("apv", "slow", seconds=2)
    assert set(read_modes(RUNS, Budget(30)).mode_by_run.values()) == {"DECO"}
    assert are_concurrent(sandbox.requests("apv"))


def test_what_came_is_kept_where_another_call_failed(guest_client, sandbox, three):
    sandbox.faults("apv", "500", count=1)
    said = fragment(guest_client)
    assert "The APV service answered with an error (500)" in said
    assert Readout.objects.count() < 3


def test_without_an_address_there_is_no_apv_at_all(guest_client, three, settings):
    settings.APV_URL = ""
    shown = page(guest_client)
    assert "APV" not in shown and "314811" in shown
    assert guest_client.get("/references/apv/").status_code == 302
    assert "apv" not in guest_client.get("/healthz").json()["services"]


def test_health_names_the_service_where_it_has_an_address(client, sandbox):
    assert "apv" in client.get("/healthz").json()["services"]
