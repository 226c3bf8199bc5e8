import pytest
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db


def test_unknown_address_is_named_and_leads_home(shifter_client):
    answer = shifter_client.get("/nowhere/<b>/")
    assert answer.status_code == 404
    assert "/nowhere/&lt;b&gt;/" in answer.content.decode()


def test_form_without_token_says_nothing_was_saved(shifter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    answer = client.post("/accounts/logout/")
    assert answer.status_code == 403
    assert "nothing was saved" in answer.content.decode()


@pytest.mark.parametrize("page", ["400.html", "500.html"])
def test_last_resort_pages_need_no_context(page):
    html = render_to_string(page)
    assert html.count("<h1>") == 1
    assert 'href="/"' in html
