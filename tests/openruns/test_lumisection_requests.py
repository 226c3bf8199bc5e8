"""A search leaves requests for the lumisections of its runs, once, and asks no outside service for them."""

import pytest

from certify.ranges.models import LumisectionRequest
from certify.ranges.reading import read_requested_lumisections
from infrastructure.http.budget import Budget
from tests.openruns.open_runs_page import search

pytestmark = pytest.mark.django_db
EXPRESS, PROMPT = "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"


def requests():
    return sorted(LumisectionRequest.objects.values_list("run_number", "registry_name"))


def test_search_requests_the_lumisections_and_flags_of_open_datasets(shifter_client, sandbox):
    search(shifter_client, "315270,316062,399999")
    assert {(315270, EXPRESS), (316062, EXPRESS)} <= set(requests())
    assert 399999 not in {number for number, _ in requests()}
    assert not [call for call in sandbox.requests() if "lumisections" in call["path"]]


def test_what_has_been_read_is_not_requested_again(shifter_client, sandbox):
    search(shifter_client, "315270")
    assert requests()
    read_requested_lumisections(Budget(30))
    search(shifter_client, "315270")
    assert requests() == []


@pytest.mark.parametrize("services", [["registry"], ["registry", "oms"]], ids=" and ".join)
def test_runs_are_requested_without_a_dataset_while_run_registry_is_out(shifter_client, sandbox, services):
    for service in services:
        sandbox.faults(service, "refuse")
    search(shifter_client, "315270")
    assert requests() == [(315270, "")]
