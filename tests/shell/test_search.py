import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "typed, query",
    [
        ("315270", "runs_min=315270&runs_max=315270"),
        (" 315270 ", "runs_min=315270&runs_max=315270"),
        ("315270-315280", "runs_min=315270&runs_max=315280"),
    ],
)
def test_run_number_leads_to_all_its_certifications(guest_client, typed, query):
    assert guest_client.get("/search/", {"run": typed})["Location"] == f"/list/?{query}"


@pytest.mark.parametrize("typed", ["express", "31527000", "-1", "３１５", "1; drop"])
def test_anything_else_is_said_plainly(shifter_client, typed):
    answer = shifter_client.get("/search/", {"run": typed}, follow=True)
    assert answer.status_code == 200
    assert "is not a run number. Type its digits" in answer.content.decode()


def test_empty_search_shows_the_list(shifter_client):
    assert shifter_client.get("/search/")["Location"] == "/list/"
