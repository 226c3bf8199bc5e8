"""Requests to Run Registry and OMS, and the messages while one of them is unreachable."""

import time

import pytest
from django.urls import reverse

from certify.models.choices import Reconstruction
from tests.openruns.open_runs_page import certify, search
from tests.waiting import HANG_S, PATIENCE_S, are_concurrent

FAULTS = ["refuse", "hang", "500"]


def data_calls(sandbox, service: str) -> list[str]:
    return [request["path"] for request in sandbox.requests(service)]


@pytest.fixture
def short_budget(settings):
    settings.PAGE_BUDGET_S = 1


def test_a_search_for_a_hundred_runs_costs_few_calls(shifter_client, sandbox):
    search(shifter_client, "315200-315299")
    assert len(data_calls(sandbox, "registry")) == 1
    assert len(data_calls(sandbox, "oms")) <= 9


def test_each_search_requests_run_registry_and_oms_only_when_outdated(shifter_client, sandbox):
    search(shifter_client, "315264-315267")
    sandbox.clear()
    search(shifter_client, "315264-315267")
    assert len(data_calls(sandbox, "registry")) == 1
    assert data_calls(sandbox, "oms") == []


def test_both_services_are_requested_in_parallel(shifter_client, sandbox):
    sandbox.faults("registry", "slow", seconds=2, path="datasets")
    sandbox.faults("oms", "slow", seconds=2, path="runs")
    assert search(shifter_client, "315257").rows[315257].cells
    runs = [call for call in sandbox.requests("oms") if call["path"].endswith("/runs")]
    assert are_concurrent([*sandbox.requests("registry"), *runs])


def test_a_run_opened_from_the_search_needs_no_call(shifter_client, sandbox):
    _, _, address = search(shifter_client, "315257-315270").rows[315264].cells["prompt"]
    sandbox.clear()
    assert shifter_client.get(address).status_code == 200
    assert sandbox.requests() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_runs_are_listed_with_known_facts_while_run_registry_is_unavailable(
    shifter, shifter_client, sandbox, short_budget, fault
):
    certify(shifter, 315257, Reconstruction.EXPRESS)
    sandbox.faults("registry", fault)
    page = search(shifter_client, "315257, 315270")
    assert page.status == 200
    assert "Run Registry" in page.text
    assert "certify by hand, or query again" in page.text
    assert "78.150 /pb" in page.rows[315270].text
    assert page.rows[315257].cells == {"express": ("mine", "mine", page.rows[315257].cells["express"][2])}
    assert page.rows[315270].cells == {}
    assert "1 certified here" in page.text
    assert f'href="{reverse("certify:certify-run", args=[315270])}?runs=315257%2C+315270"' in page.html


@pytest.mark.parametrize("fault", FAULTS)
def test_states_are_shown_without_facts_while_oms_is_unavailable(shifter_client, sandbox, short_budget, fault):
    sandbox.faults("oms", fault)
    page = search(shifter_client, "315257")
    assert page.status == 200
    assert "Facts that are not known here are left out" in page.text
    assert page.rows[315257].cells["express"][0] == "open"
    assert page.rows[315257].text.startswith("315257 - - - - -")


@pytest.mark.parametrize("fault", FAULTS)
def test_runs_can_be_certified_by_hand_while_all_services_are_unavailable(shifter_client, sandbox, short_budget, fault):
    for service in ("registry", "oms", "sso"):
        sandbox.faults(service, fault)
    page = search(shifter_client, "315257-315259")
    assert page.status == 200
    assert list(page.rows) == [315259, 315258, 315257]
    assert page.text.count("certify by hand") == 4


def test_refused_access_shows_a_message(shifter_client, sandbox):
    sandbox.faults("registry", "403")
    page = search(shifter_client, "315257")
    assert "does not let CertHelper in (403). Certify without it, and tell the administrator. The runs" in page.text


def test_runs_unknown_to_run_registry_are_no_outage(shifter_client, sandbox):
    sandbox.faults("registry", "not-found")
    page = search(shifter_client, "315257")
    assert page.status == 200
    assert "Not in Run Registry: 315257." in page.text
    assert "query again ." not in page.text


def test_runs_unknown_to_oms_have_dashes(shifter_client, sandbox):
    sandbox.faults("oms", "not-found")
    page = search(shifter_client, "315257")
    assert page.status == 200
    assert page.rows[315257].text.startswith("315257 - - - - -")
    assert "left out" not in page.text


def test_page_ends_within_its_budget_while_both_services_hang(shifter_client, sandbox, short_budget):
    sandbox.faults("registry", "hang", seconds=HANG_S)
    sandbox.faults("oms", "hang", seconds=HANG_S)
    start = time.monotonic()
    assert search(shifter_client, "315200-315299").status == 200
    assert time.monotonic() - start < PATIENCE_S
