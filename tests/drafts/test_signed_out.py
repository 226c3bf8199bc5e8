"""A form without drafts sent without a session: redirect to the sign-in, and from there to the page of the form."""

from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        ("http://testserver/shiftleader/?week=2018-W17", "/shiftleader/?week=2018-W17"),
        ("http://elsewhere.example/shiftleader/", "/shiftleader/"),
        ("http://testserver//elsewhere.example/", "/"),
        ("http://[", "/shiftleader/notes/2018-W17/"),
        ("", "/shiftleader/notes/2018-W17/"),
    ],
)
def test_sign_in_returns_to_the_page_of_the_form(client, referer, leads_to):
    headers = {"Referer": referer} if referer else {}
    answer = client.post("/shiftleader/notes/2018-W17/", {"text": "late"}, headers=headers)
    assert answer.status_code == 302
    location = urlsplit(answer["Location"])
    assert (location.path, parse_qs(location.query)["next"]) == ("/accounts/login/", [leads_to])
