"""Signing in and out through CERN, in a browser that holds the redirects against the page's policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from users.models import Role, User


@pytest.fixture
def desk(page: Page, sandbox, live_server) -> Page:
    """A browser that nobody has signed in with, at the sign-in page."""
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
def test_one_click_signs_in_with_the_role(desk, live_server, button, role):
    choose(desk, button)
    desk.wait_for_url(f"{live_server.url}/")
    expect(desk.locator(".signed-in-user")).to_contain_text(role)


def test_sign_in_redirects_to_the_requested_page(page, sandbox, live_server):
    page.goto(f"{live_server.url}/list/?runs_min=315270")
    expect(page.locator("main")).to_contain_text("/list/?runs_min=315270")
    choose(page, "shifter")
    page.wait_for_url(f"{live_server.url}/list/?runs_min=315270")


def test_sign_out_ends_both_sessions_and_the_next_person_can_sign_in(desk, live_server):
    choose(desk, "shifter")
    desk.wait_for_url(f"{live_server.url}/")
    desk.get_by_role("button", name="Sign out").click()
    desk.wait_for_url(f"{live_server.url}/accounts/login/")
    choose(desk, "leader")
    expect(desk.locator(".signed-in-user")).to_contain_text("Shift leader")


def test_active_session_at_cern_signs_in_without_a_prompt(desk, live_server):
    choose(desk, "shifter")
    desk.wait_for_url(f"{live_server.url}/")
    desk.context.clear_cookies(name=re.compile("certhelper_session"))
    desk.goto(f"{live_server.url}/list/")
    desk.get_by_role("link", name="Sign in with CERN").click()
    desk.wait_for_url(f"{live_server.url}/list/")


def test_role_removed_at_cern_is_removed_at_the_next_sign_in(desk, sandbox, live_server):
    choose(desk, "admin")
    desk.wait_for_url(f"{live_server.url}/")
    desk.get_by_role("button", name="Sign out").click()
    sandbox.person("admin", roles=[])
    choose(desk, "admin")
    expect(desk.locator(".signed-in-user")).to_contain_text("Guest")
    expect(desk.locator("main")).to_contain_text("Roles come from CERN groups")


def test_unreachable_cern_is_reported_and_the_form_still_signs_in(desk, sandbox, live_server, shifter, is_accessible):
    sandbox.faults("sso", "503-html")
    desk.get_by_role("link", name="Sign in with CERN").click()
    expect(desk.get_by_role("alert")).to_contain_text(
        "answered with an error (503), so nobody can sign in with CERN now"
    )
    is_accessible()
    desk.fill("[name=username]", "shifter")
    desk.fill("[name=password]", "secret")
    desk.locator("main [type=submit]").click()
    desk.wait_for_url(f"{live_server.url}/")


def test_forged_token_is_refused(desk, sandbox, live_server):
    sandbox.spoil_id_tokens("signature")
    choose(desk, "admin")
    expect(desk.get_by_role("alert")).to_contain_text("could not be verified")
    assert not User.objects.filter(role=Role.ADMIN).exists()


def test_pages_of_the_sign_in_are_accessible(desk, is_accessible, live_server):
    is_accessible()
    desk.set_viewport_size({"width": 390, "height": 844})
    is_accessible()
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.get_by_role("link", name="Sign in with CERN").click()
    expect(desk.get_by_role("heading", name="Sign in to CERN (sandbox)")).to_be_visible()
    is_accessible()
