"""Text filters ignore case in every alphabet, on SQLite and on PostgreSQL."""

import pytest
from django.http import QueryDict
from django.utils import timezone

from reports.scope import PeriodFilter, Scope
from tests.factories import CertificationFactory, DatasetFactory, RunFactory
from tests.listruns.list_page import ROW, exported_csv, exported_json, rows

pytestmark = pytest.mark.django_db

COMMENTS = {
    315301: "Příliš ŽLUŤOUČKÝ kůň",
    315302: "Затвор ЗАКРЫТ",
    315303: "ΔΙΑΡΡΟΗ ψύξης",
    315304: "Strom außerhalb, 100 % _x_",
    315305: "plain ASCII",
}


@pytest.fixture
def commented():
    for number, comment in COMMENTS.items():
        CertificationFactory(run=RunFactory(run_number=number), comment=comment)


def found_runs(client, **query):
    """The run numbers of the list with these filters."""
    page = client.get("/list/", {"state": "live", **query}).content.decode()
    return [int(run) for _key, run, _reco in ROW.findall(page)]


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ("žluťoučký", 315301),
        ("PŘÍLIŠ", 315301),
        ("закрыт", 315302),
        ("ЗАТВОР", 315302),
        ("διαρροη", 315303),
        ("ΨΎΞΗΣ", 315303),
        ("ÜBER", None),
        ("AUSSERHALB", 315304),
        ("100 % _X_", 315304),
        ("0 %_", None),
        ("PLAIN ascii", 315305),
        ("kun", None),
    ],
)
def test_comment_is_found_in_any_case(shifter_client, commented, typed, run):
    assert found_runs(shifter_client, comment=typed) == ([run] if run else [])


def test_exports_have_the_same_rows(shifter_client, commented):
    query = {"comment": "закрыт", "state": "live"}
    assert [row["run_number"] for row in exported_json(shifter_client, **query)] == [315302]
    assert [row["run_number"] for row in exported_csv(shifter_client, **query)] == ["315302"]


def test_list_as_of_a_moment_has_the_same_rows(shifter_client, commented):
    assert found_runs(shifter_client, comment="žluť", as_of=timezone.now().isoformat()) == [315301]


def test_dataset_and_beam_are_found_in_any_case(shifter_client):
    wanted = CertificationFactory(
        run=RunFactory(run_number=315306), dataset=DatasetFactory(name="/PromptReco/Cosmics2018Ä/DQM")
    )
    assert rows(shifter_client, dataset="cosmics2018ä", state="live") == [wanted.pk]


def test_runs_of_a_beam_are_found_in_any_case():
    run = RunFactory(run_number=315307, fill_type_runtime="Protóns")
    assert Scope(PeriodFilter(QueryDict("beam=PROTÓNS"))).runs_like({run.pk, 315308}) == {run.pk}
