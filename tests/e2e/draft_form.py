"""The certify form in a browser: signing in, filling in, and checking the form and its draft."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.factories import PASSWORD

FORM = "/certify/315265/express/"
SAVED = re.compile(r"draft saved \d\d:\d\d:\d\d UTC")


def enter(page: Page, user) -> None:
    page.goto("/accounts/login/")
    fill_in_sign_in(page, user)
    page.wait_for_url("**/")


def fill_in_sign_in(page: Page, user) -> None:
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main [type=submit]").click()


def fill_in_form(page: Page, comment: str) -> None:
    """Set three flags by keyboard, the tracker map, and a comment."""
    page.locator("h1").click()
    for _ in range(3):
        page.keyboard.press("g")
    page.locator("[name=trackermap][value=exists]").check()
    page.locator("[name=comment]").fill(comment)


def expect_typed(page: Page, comment: str) -> None:
    expect(page.locator("[name=comment]")).to_have_value(comment)
    expect(page.locator("[data-component] input[value=good]:checked")).to_have_count(3)
    expect(page.locator("[name=trackermap][value=exists]")).to_be_checked()


def expect_saved(page: Page) -> None:
    expect(page.locator("[data-draft-status]")).to_have_text(SAVED)
