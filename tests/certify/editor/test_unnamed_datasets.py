"""Datasets whose reconstruction does not follow from their name: named on open runs, and chosen to certify."""

from urllib.parse import quote_plus

import pytest

from certify.models import TrackerCertification
from tests.browser_form import fields_of
from tests.certify.page_form import BY_HAND, GOOD, open_form, send_form
from tests.factories import CertificationFactory, DatasetFactory, RunFactory
from tests.infrastructure.http.local_server import Answer, stand_in
from tests.registry.test_parsing import row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
__all__ = ["stand_in"]
RUN = 315271
DATASET = "/MinimumBias/Run2018B-02Oct2018-v2/DQMIO"


@pytest.fixture
def services(stand_in):
    """Run Registry with this dataset of one run alone; OMS is out."""
    rows = [row(run_number=RUN, name=DATASET), row(run_number=RUN, name="online")]
    stand_in.answer_with(Answer({"datasets": rows, "count": 2, "pages": 1}), "/registry")
    stand_in.answer_with(Answer(status=500), "/oms")
    return stand_in


def test_open_runs_name_the_dataset_and_offer_the_choice(shifter_client, services):
    html = shifter_client.get(f"/openruns/?runs={RUN}").content.decode()
    assert "1 dataset without a known reconstruction" in html
    assert f'href="/certify/{RUN}/?dataset={quote_plus(DATASET)}&amp;runs={RUN}"' in html
    assert "without a dataset to certify" not in html


@pytest.mark.parametrize("query", [f"?dataset={quote_plus(DATASET)}", ""])
def test_the_four_reconstructions_are_offered_for_the_dataset(shifter_client, services, query):
    response = shifter_client.get(f"/certify/{RUN}/{query}")
    assert response.status_code == 200
    for name in ("express", "prompt", "rereco", "rerecoul"):
        assert f'href="/certify/{RUN}/{name}/?dataset={quote_plus(DATASET)}"' in response.content.decode()


def test_the_dataset_is_certified_in_the_chosen_reconstruction(shifter_client, services):
    path = f"/certify/{RUN}/rereco/?dataset={quote_plus(DATASET)}"
    assert send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **BY_HAND).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.reconstruction, certification.dataset.name) == ("rereco", DATASET)
    assert certification.is_dataset_verified


def test_open_runs_leave_the_dataset_out_once_it_is_certified(shifter_client, services):
    run = RunFactory(run_number=RUN)
    CertificationFactory(run=run, reconstruction="rereco", dataset=DatasetFactory(name=DATASET))
    html = shifter_client.get(f"/openruns/?runs={RUN}").content.decode()
    assert "without a known reconstruction" not in html
    assert f'<tr data-run="{RUN}"' in html


@pytest.mark.parametrize("ticket", ["", "broken"])
def test_a_form_that_lost_its_context_has_the_dataset_still(shifter_client, services, ticket):
    path = f"/certify/{RUN}/rereco/"
    opened = open_form(shifter_client, f"{path}?dataset={quote_plus(DATASET)}")
    reopened = send_form(shifter_client, opened, path, **GOOD, **BY_HAND, ticket=ticket)
    assert (reopened.status_code, fields_of(reopened)["dataset"]) == (422, [DATASET])
    assert send_form(shifter_client, reopened, path).status_code == 303
    assert TrackerCertification.objects.get().dataset.name == DATASET


def test_a_form_that_lost_its_context_opens_without_a_dataset_that_is_gone(shifter_client, services):
    path = f"/certify/{RUN}/rereco/"
    opened = open_form(shifter_client, f"{path}?dataset={quote_plus(DATASET)}")
    reopened = send_form(shifter_client, opened, path, **GOOD, ticket="", dataset="/MinimumBias/Gone/DQMIO")
    assert reopened.status_code == 422
    assert reopened.context["editor"].form_context.datasets == []


GONE = {**GOOD, "comment": "typed before", "dataset": "/MinimumBias/Gone/DQMIO"}


def test_without_a_dataset_that_is_gone_the_reconstruction_is_chosen_and_the_input_passed_on(shifter_client, services):
    response = shifter_client.post(f"/certify/{RUN}/", GONE)
    assert response.status_code == 422
    assert "certify/choose_reconstruction.html" in [template.name for template in response.templates]
    assert ("comment", "typed before") in response.context["sent"]


def test_with_a_dataset_that_is_gone_a_run_that_is_certified_keeps_the_input(shifter_client, services):
    services.answer_with(Answer({"datasets": [row(run_number=RUN)], "count": 1, "pages": 1}), "/registry")
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="express")
    response = shifter_client.post(f"/certify/{RUN}/", GONE)
    assert response.status_code == 422
    assert f"All datasets of run {RUN} are certified." in response.content.decode()
    assert ("comment", "typed before") in response.context["sent"]


def test_a_dataset_that_is_gone_costs_no_second_query(shifter_client, services):
    shifter_client.post(f"/certify/{RUN}/rereco/", GONE)
    assert len([path for path in services.paths() if path.startswith("/registry")]) == 1


def test_a_text_that_is_no_name_of_a_dataset_is_not_found(shifter_client, services):
    for text in ("/A%00B/C/D", "/A/" + 150 * "x"):
        assert shifter_client.get(f"/certify/{RUN}/?dataset={text}").status_code == 404
