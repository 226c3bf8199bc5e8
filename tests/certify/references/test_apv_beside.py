"""APV modes of a run and its reference: by a fragment of the certify page, requested once, within the budget."""

import pytest

from certify.references.models import Readout
from tests.certify.page_form import RUN, open_form
from tests.factories import ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db
FRAGMENT = {"headers": {"HX-Request": "true"}}
ADDRESS = f"/certify/{RUN}/express/apv/"


@pytest.fixture
def reference():
    RunFactory(run_number=RUN)
    return ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)


def fragment(client, query=""):
    response = client.get(f"{ADDRESS}?{query}", **FRAGMENT)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_certify_page_requests_no_mode_and_has_the_fragment(shifter_client, sandbox, reference):
    page = open_form(shifter_client).content.decode()
    assert f'hx-get="{ADDRESS}"' in page
    assert sandbox.requests("apv") == []


def test_certify_page_without_apv_service_has_no_fragment(shifter_client, sandbox, reference, settings):
    settings.APV_URL = ""
    assert ADDRESS not in open_form(shifter_client).content.decode()


def test_fragment_requests_both_modes_once(shifter_client, sandbox, reference):
    first = fragment(shifter_client, f"reference_runreconstruction={reference.pk}")
    assert len(sandbox.requests("apv")) == 2
    modes = dict(Readout.objects.values_list("run_id", "mode"))
    assert set(modes) == {RUN, 314811}
    assert f"run {modes[RUN] or 'unknown'}, reference {modes[314811] or 'unknown'}" in first
    assert fragment(shifter_client, f"reference_runreconstruction={reference.pk}") == first
    assert len(sandbox.requests("apv")) == 2


def test_modes_that_differ_are_marked(shifter_client, sandbox, reference, readouts):
    readouts({RUN: "DECO", 314811: "PEAK"})
    text = fragment(shifter_client, f"reference_runreconstruction={reference.pk}")
    assert 'APV mode: run DECO, reference <strong class="is-different">PEAK, differs</strong>.' in text
    assert sandbox.requests("apv") == []


@pytest.fixture
def readouts():
    from django.utils import timezone

    def store(modes):
        for run, mode in modes.items():
            Readout.objects.create(run_id=run, mode=mode, asked_at=timezone.now())

    return store


@pytest.mark.parametrize("key", ["", "x", "9" * 30, "0", "-1", "\u0663"])
def test_unreadable_reference_shows_the_run_alone(shifter_client, sandbox, reference, readouts, key):
    readouts({RUN: "DECO"})
    assert fragment(shifter_client, f"reference_runreconstruction={key}") == "APV mode: run DECO."


def test_failing_service_is_named_with_a_retry(shifter_client, sandbox, reference):
    sandbox.faults("apv", "refuse")
    text = fragment(shifter_client, f"reference_runreconstruction={reference.pk}")
    assert "run unknown, reference unknown." in text and "Try again</a>" in text
    assert Readout.objects.count() == 0


def test_run_that_is_not_stored_is_not_requested(shifter_client, sandbox):
    assert fragment(shifter_client) == "APV mode: run unknown."
    assert sandbox.requests("apv") == []


def test_without_javascript_the_address_is_a_page(shifter_client, sandbox, reference, readouts):
    readouts({RUN: "DECO"})
    response = shifter_client.get(ADDRESS)
    assert "<h1>APV modes" in response.content.decode() and "run DECO." in response.content.decode()
    assert shifter_client.get(f"/certify/{RUN}/nonsense/apv/").status_code == 404
    assert shifter_client.get("/certify/99999999999999999999999/express/apv/").status_code == 404
