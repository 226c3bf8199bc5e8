"""The two forms of the open runs page, before any request to a service."""

import re

import pytest
from django.urls import reverse

from tests.openruns.open_runs_page import ParsedPage, certify, search

URL = reverse("openruns:open-runs")


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ("", "No run number. Type some, such as 316187, 316199-316202."),
        ("banana", "“banana” is neither a run number nor a range. Write 316187 or 316199-316202."),
        ("316202-316199", "The range 316202-316199 runs backwards. Write 316199-316202."),
        ("316000-316100", "316000-316100 is 101 runs; a search takes at most 100. Search for fewer."),
        ("12", "12 is not a run number. Run numbers are 100000 to 9999999."),
        (", ".join(map(str, range(316000, 319000))), "These are 3000 runs; a search takes at most 100."),
        ("316187-95", "“316187-95” is not a range: 95 is not a run number."),
        ("316187\x00", "A character in this text cannot be stored. Type the text again."),
    ],
)
def test_invalid_search_is_refused_beside_the_field(shifter_client, sandbox, runs, sentence):
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
    page = ParsedPage(shifter_client.get(URL))
    assert page.status == 200
    assert "Type run numbers and ranges" in page.text
    assert all(f'name="{name}"' in page.html for name in ("runs", "run", "reco"))
    assert sandbox.requests() == []


CHIP = re.compile(r'class="chip" href="[^"]+" title="([^"]+)"[^>]*>.*?<span class="muted">([^<]+)<', re.S)


def chips(client) -> list[tuple[str, str]]:
    """(runs, progress) of each chip of the open runs page."""
    return CHIP.findall(page_of(client))


def page_of(client) -> str:
    return client.get(URL).text


def test_the_last_three_searches_are_chips_with_their_progress(shifter_client, shifter, sandbox):
    for runs in ("315257, 315259-315260", "315190-315200", "315264,315265", "315267-315270"):
        search(shifter_client, runs)
    certify(shifter, 315267, "express")
    assert [runs for runs, _ in chips(shifter_client)] == ["315267-315270", "315264-315265", "315190-315200"]
    assert chips(shifter_client)[0][1] == "1 of 6"
    assert f'href="{URL}?runs=315264-315265"' in page_of(shifter_client)


@pytest.mark.parametrize("repeated", ["315265 315264", "315264-315265"])
def test_search_for_the_same_runs_has_one_chip(shifter_client, sandbox, repeated):
    for runs in ("315264,315265", "315267-315270", repeated):
        search(shifter_client, runs)
    assert [runs for runs, _ in chips(shifter_client)] == ["315264-315265", "315267-315270"]


@pytest.mark.parametrize("query", [{"runs": "316187"}, {"runs": "315264"}, {"run": "316187"}, {"runs": "banana"}])
def test_single_run_and_refused_search_are_not_stored(shifter_client, sandbox, query):
    for runs in ("315257,315259", "315190-315200", "315264,315265"):
        search(shifter_client, runs)
    for _ in range(4):
        shifter_client.get(URL, query)
    assert [runs for runs, _ in chips(shifter_client)] == ["315264-315265", "315190-315200", "315257, 315259"]


def test_current_search_is_marked(shifter_client, sandbox):
    search(shifter_client, "315257,315259")
    html = search(shifter_client, "315264,  315265").html
    assert html.count('aria-current="page"><') == 0
    assert re.findall(r'title="([^"]+)" aria-current="page"', html) == ["315264-315265"]


def test_searches_of_other_users_are_not_offered(shifter_client, other_shifter_client, sandbox):
    search(shifter_client, "315257,315259")
    assert (len(chips(shifter_client)), chips(other_shifter_client)) == (1, [])


def test_chip_counts_certifications_while_run_registry_is_unavailable(shifter_client, shifter, sandbox):
    sandbox.faults("registry", "refuse")
    certify(shifter, 315267, "express")
    search(shifter_client, "315264,315267")
    assert chips(shifter_client) == [("315264, 315267", "1 certified")]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ({"run": "315257"}, "/certify/315257/"),
        ({"run": " 315257 ", "reco": ""}, "/certify/315257/"),
        ({"run": "\ufeffRun “315257”", "reco": ""}, "/certify/315257/"),
        ({"run": "315257", "reco": "prompt"}, "/certify/315257/prompt/"),
        ({"run": "9999999", "reco": "rerecoul"}, "/certify/9999999/rerecoul/"),
    ],
)
def test_single_run_redirects_to_its_certify_page(shifter_client, sandbox, query, address):
    response = shifter_client.get(URL, query)
    assert (response.status_code, response["Location"]) == (302, address)
    assert sandbox.requests() == []


@pytest.mark.parametrize("blank", ["", "  "])
def test_empty_run_beside_a_search_is_no_error(shifter_client, sandbox, blank):
    page = ParsedPage(shifter_client.get(URL, {"run": blank, "runs": "315270"}))
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
def test_invalid_single_run_is_refused_beside_its_field(shifter_client, query, sentence):
    page = ParsedPage(shifter_client.get(URL, query))
    assert page.status == 422
    assert sentence in page.errors["reco" if "reco" in query else "run"]
    assert f'value="{query["run"]}"' in page.html or not query["run"]


def test_a_guest_is_denied_before_any_request(guest_client, sandbox):
    response = guest_client.get(URL, {"runs": "315257"})
    assert response.status_code == 403
    assert sandbox.requests() == []
