import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db


def test_unknown_address_shows_an_error_with_a_link_home(shifter_client):
    answer = shifter_client.get("/nowhere/<b>/")
    assert answer.status_code == 404
    assert "/nowhere/&lt;b&gt;/" in answer.content.decode()


def test_unknown_address_offers_the_search_only_where_there_is_a_search(shifter_client):
    assert "Check the address, or search the run above." in shifter_client.get("/nothing-here/").text
    assert "Check the address, or sign in to search runs." in Client().get("/nothing-here/").text


def test_text_of_a_notice_is_one_element():
    """A notice is a flex container: beside a link or code, bare text gets a gap before its full stop."""
    notices = {
        found[0]: re.sub(r"{%.*?%}", "", found[1])
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for found in re.finditer(r'<p class="notice[^>]*>(.*?)</p>', path.read_text())
    }
    assert len(notices) > 20
    assert [whole for whole, body in notices.items() if "<" in body and not body.startswith("<")] == []


def test_form_without_csrf_token_reports_that_nothing_was_saved(shifter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    answer = client.post("/accounts/logout/")
    assert answer.status_code == 403
    assert "nothing was saved" in answer.content.decode()


@pytest.mark.parametrize("page", ["400.html", "500.html"])
def test_fallback_error_pages_need_no_context(page):
    html = render_to_string(page)
    assert html.count("<h1>") == 1
    assert 'href="/"' in html


LONG = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)


@pytest.mark.parametrize("path", ["/certify/315270/express/", "/list/facts/refresh/", "/drafts/save/"])
def test_too_large_request_shows_an_error_page_of_the_site(shifter, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    answer = client.post(path, f"comment={LONG}", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "nothing was saved. Go back: what you typed is still in the form." in answer.text
    assert '<a class="brand" href="/">' in answer.text and "Sign out" in answer.text


def test_too_many_fields_show_an_error_also_to_anonymous_users(shifter_client, client):
    many = "&".join(f"a{number}=1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    for browser in (shifter_client, client):
        answer = browser.post("/certify/315270/express/", many, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 413 and "nothing was saved" in answer.text
