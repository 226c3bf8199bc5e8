"""Signing in and out through CERN, in a browser that holds the redirects against the page's policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from users.models import Role, User


@pytest.fixture
def start_page(page: Page, sandbox, live_server) -> Page:
    """A browser without a session, at the sign-in page."""
    page.goto(f"{live_server.url}/accounts/login/")
    return page


def choose(page: Page, person: str) -> None:
    page.get_by_role("link", name="Sign in with CERN").click()
    expect(page.get_by_role("heading", name="Sign in to CERN (sandbox)")).to_be_visible()
    page.get_by_role("button", name=person, exact=True).click()


@pytest.mark.parametrize(
    ("button", "role"),
    [
        ("guest", "Guest"),
        ("shifter", "Shifter"),
        ("leader", "Shift leader"),
        ("expert", "Expert"),
        ("admin", "Admin"),
        ("leader without cern_roles", "Shift leader"),
    ],
)
def test_one_click_signs_in_with_the_role(start_page, live_server, button, role):
    choose(start_page, button)
    start_page.wait_for_url(f"{live_server.url}/")
    expect(start_page.locator(".signed-in-user")).to_contain_text(role)


def test_sign_in_redirects_to_the_requested_page(page, sandbox, live_server):
    page.goto(f"{live_server.url}/list/?runs_min=315270")
    expect(page.locator("main")).to_contain_text("/list/?runs_min=315270")
    choose(page, "shifter")
    page.wait_for_url(f"{live_server.url}/list/?runs_min=315270")


def test_sign_out_ends_both_sessions_and_the_next_person_can_sign_in(start_page, live_server):
    choose(start_page, "shifter")
    start_page.wait_for_url(f"{live_server.url}/")
    start_page.locator(".signed-in-user").click()
    start_page.get_by_role("button", name="Sign out").click()
    start_page.wait_for_url(f"{live_server.url}/accounts/login/")
    choose(start_page, "leader")
    expect(start_page.locator(".signed-in-user")).to_contain_text("Shift leader")


def test_active_session_at_cern_signs_in_without_a_prompt(start_page, live_server):
    choose(start_page, "shifter")
    start_page.wait_for_url(f"{live_server.url}/")
    start_page.context.clear_cookies(name=re.compile("certhelper_session"))
    start_page.goto(f"{live_server.url}/list/")
    start_page.get_by_role("link", name="Sign in with CERN").click()
    start_page.wait_for_url(f"{live_server.url}/list/")


def test_role_removed_at_cern_is_removed_at_the_next_sign_in(start_page, sandbox, live_server):
    choose(start_page, "admin")
    start_page.wait_for_url(f"{live_server.url}/")
    start_page.locator(".signed-in-user").click()
    start_page.get_by_role("button", name="Sign out").click()
    sandbox.person("admin", roles=[])
    choose(start_page, "admin")
    expect(start_page.locator(".signed-in-user")).to_contain_text("Guest")
    expect(start_page.locator("main")).to_contain_text("Roles come from CERN groups")


def test_unreachable_cern_is_reported_and_the_form_still_signs_in(
    start_page, sandbox, live_server, shifter, is_accessible
):
    sandbox.faults("sso", "503-html")
    start_page.get_by_role("link", name="Sign in with CERN").click()
    expect(start_page.get_by_role("alert")).to_contain_text(
        "answered with an error (503), so nobody can sign in with CERN now"
    )
    is_accessible()
    start_page.fill("[name=username]", "shifter")
    start_page.fill("[name=password]", "secret")
    start_page.locator("main [type=submit]").click()
    start_page.wait_for_url(f"{live_server.url}/")


def test_forged_token_is_refused(start_page, sandbox, live_server):
    sandbox.spoil_id_tokens("signature")
    choose(start_page, "admin")
    expect(start_page.get_by_role("alert")).to_contain_text("could not be verified")
    assert not User.objects.filter(role=Role.ADMIN).exists()


def test_pages_of_the_sign_in_are_accessible(start_page, is_accessible, live_server):
    is_accessible()
    start_page.set_viewport_size({"width": 390, "height": 844})
    is_accessible()
    assert start_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    start_page.get_by_role("link", name="Sign in with CERN").click()
    expect(start_page.get_by_role("heading", name="Sign in to CERN (sandbox)")).to_be_visible()
    is_accessible()
