"""A form without drafts, sent after the session ended: its text is restored for its user only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD, CertificationFactory

if TYPE_CHECKING:
    from users.models import User

WORDS = "Trains came late.\nTwo of them."


@pytest.fixture
def sent(page: Page, sign_in, shifter, live_server) -> str:
    """Send a note an hour after the session ended, and return the URL of its page."""
    CertificationFactory(user=shifter)
    address = f"{live_server.url}/summary/?date=2018-06-01"
    sign_in(shifter)
    page.goto(address)
    page.get_by_label("Comment").fill(WORDS)
    Session.objects.all().delete()
    page.locator("form", has=page.get_by_label("Comment")).get_by_role("button", name="Save").click()
    page.wait_for_url("**/accounts/login/**")
    return address


def come_back(page: Page, person: User) -> None:
    page.fill("[name=username]", person.username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main [type=submit]").click()


def test_form_is_restored_after_sign_in_and_saved(page: Page, sent, shifter, is_accessible):
    come_back(page, shifter)
    page.wait_for_url(sent)
    expect(page.get_by_label("Comment")).to_have_value("")
    expect(page.locator("main")).to_contain_text("nothing was saved. What you typed is still here.")
    is_accessible()
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_label("Comment")).to_have_value(WORDS)
    expect(page.get_by_role("button", name="Put it back")).to_have_count(0)
    page.locator("form", has=page.get_by_label("Comment")).get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Saved")
    page.goto(sent)
    expect(page.get_by_label("Comment")).to_have_value(WORDS)
    expect(page.get_by_role("button", name="Put it back")).to_have_count(0)


def test_another_user_in_the_same_tab_sees_no_restored_form(page: Page, sent, other_shifter):
    CertificationFactory(user=other_shifter)
    come_back(page, other_shifter)
    page.wait_for_url(sent)
    expect(page.get_by_label("Comment")).to_have_value("")
    expect(page.get_by_role("button", name="Put it back")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('certhelper:sent')") is None
