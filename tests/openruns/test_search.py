"""The two forms of the open runs page, before any request to a service."""

import pytest
from django.urls import reverse

from tests.openruns.open_runs_page import ReadPage, search

URL = reverse("openruns:open-runs")


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ("", "No run number. Type some, such as 316187, 316199-316202."),
        ("banana", "“banana” is neither a run number nor a range. Write 316187 or 316199-316202."),
        ("316202-316199", "The range 316202-316199 runs backwards. Write 316199-316202."),
        ("316000-316100", "316000-316100 is 101 runs; a search takes at most 100. Search for fewer."),
        ("12", "12 is not a run number. Run numbers are 100000 to 9999999."),
        ("316187," * 300, "The text is longer than 2000 characters. Search for fewer runs."),
        ("316187\x00", "A character in this text cannot be stored. Type the text again."),
    ],
)
def test_a_search_that_cannot_be_read_is_refused_beside_the_field(shifter_client, sandbox, runs, sentence):
    page = search(shifter_client, runs)
    assert page.status == 422
    assert sentence in page.errors["runs"]
    assert not page.rows
    assert sandbox.requests() == []


def test_the_typed_text_is_shown_again_with_the_error(shifter_client):
    page = search(shifter_client, "316187, <b>banana")
    assert page.status == 422
    assert "316187, &lt;b&gt;banana</textarea>" in page.html


def test_the_page_opens_with_both_forms_and_makes_no_request(shifter_client, sandbox):
    page = ReadPage(shifter_client.get(URL))
    assert page.status == 200
    assert "Type run numbers and ranges" in page.text
    assert all(f'name="{name}"' in page.html for name in ("runs", "run", "reco"))
    assert sandbox.requests() == []


def test_the_last_search_is_stored_and_offered(shifter_client, sandbox):
    search(shifter_client, "315257, 315259-315260")
    assert f'href="{URL}?runs=315257%2C+315259-315260"' in ReadPage(shifter_client.get(URL)).html


def test_a_refused_search_is_not_the_last_one(shifter_client):
    search(shifter_client, "banana")
    assert "Repeat the last search" not in ReadPage(shifter_client.get(URL)).text


def test_the_last_search_of_another_user_is_not_offered(shifter_client, other_shifter_client, sandbox):
    search(shifter_client, "315257")
    assert "Repeat the last search" in ReadPage(shifter_client.get(URL)).text
    assert "Repeat the last search" not in ReadPage(other_shifter_client.get(URL)).text


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ({"run": "315257"}, "/certify/315257/"),
        ({"run": " 315257 ", "reco": ""}, "/certify/315257/"),
        ({"run": "315257", "reco": "prompt"}, "/certify/315257/prompt/"),
        ({"run": "9999999", "reco": "rerecoul"}, "/certify/9999999/rerecoul/"),
    ],
)
def test_one_run_goes_straight_to_its_certification(shifter_client, sandbox, query, address):
    answer = shifter_client.get(URL, query)
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert sandbox.requests() == []


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_run_beside_a_search_is_no_mistake(shifter_client, sandbox, blank):
    page = ReadPage(shifter_client.get(URL, {"run": blank, "runs": "315270"}))
    assert (page.status, page.errors) == (200, {})
    assert page.rows


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"run": ""}, "Type a run number."),
        ({"run": "31x"}, "A run number has digits only, such as 316187."),
        ({"run": "9" * 3000}, "Run numbers are 100000 to 9999999."),
        ({"run": "99999"}, "Run numbers are 100000 to 9999999."),
        ({"run": "10000000"}, "Run numbers are 100000 to 9999999."),
        ({"run": "315257", "reco": "banana"}, "“banana” is not a reconstruction. Choose one of the list."),
    ],
)
def test_one_run_that_cannot_be_read_is_refused_beside_its_field(shifter_client, query, sentence):
    page = ReadPage(shifter_client.get(URL, query))
    assert page.status == 422
    assert sentence in page.errors["reco" if "reco" in query else "run"]
    assert f'value="{query["run"]}"' in page.html or not query["run"]


def test_a_guest_is_denied_before_any_request(guest_client, sandbox):
    answer = guest_client.get(URL, {"runs": "315257"})
    assert answer.status_code == 403
    assert sandbox.requests() == []
