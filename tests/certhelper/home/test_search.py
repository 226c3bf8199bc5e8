import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("315270", "runs_min=315270&runs_max=315270"),
        (" 315270 ", "runs_min=315270&runs_max=315270"),
        ("315270-315280", "runs_min=315270&runs_max=315280"),
        ("315270 – 315280", "runs_min=315270&runs_max=315280"),
        ("315271, 315270", "runs_min=315270&runs_max=315271"),
        ("315280, 315270; 315275", "runs=315270%2C+315275%2C+315280"),
        ("['315280', '315270']", "runs=315270%2C+315280"),
    ],
)
def test_run_number_redirects_to_all_its_certifications(guest_client, typed, query):
    assert guest_client.get("/search/", {"run": typed})["Location"] == f"/list/?{query}"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("express", "“express” is neither a run number nor a range."),
        ("31527000", "31527000 is not a run number. Run numbers are 100000 to 9999999."),
        ("0000000", "0000000 is not a run number."),
        ("-1", "1 is not a run number."),
        ("３１５", "“３１５” is neither"),
        (" ".join(map(str, range(315000, 318000))), "These are 3000 runs; a search takes at most 100."),
        ("1; drop", "1 is not a run number."),
        ("315280-315270", "runs backwards. Write 315270-315280."),
    ],
)
def test_invalid_search_shows_an_error(shifter_client, typed, sentence):
    answer = shifter_client.get("/search/", {"run": typed}, follow=True)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_empty_search_shows_the_list(shifter_client):
    assert shifter_client.get("/search/")["Location"] == "/list/"
