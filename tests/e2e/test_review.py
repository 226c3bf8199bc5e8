"""A shifter is put in training and certifies as practice. The review is in test_whole_week.py."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.factories import ReconstructionFactory, RunFactory

WEEK = "week=2018-W22"


@pytest.fixture(autouse=True)
def _reference(transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)


def test_put_in_training_and_certified_as_practice(
    page: Page, sign_in, shifter, shift_leader, sandbox, live_server, is_accessible
):
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/part/training/?{WEEK}")
    page.get_by_role("link", name="Put somebody in training").click()
    page.get_by_label("Shifter").select_option("shifter")
    page.get_by_label("Why").fill("First week")
    page.get_by_role("button", name="Put in training").click()
    expect(page.locator('[data-user="shifter"]')).to_contain_text("in training")
    is_accessible()

    page.context.clear_cookies()
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/314890/express/")  # closed in Run Registry
    page.locator("h1").click()
    for key in ("g", "g", "g"):
        page.keyboard.press(key)
    page.locator("[name=trackermap][value=exists]").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/")
    expect(page.locator("main")).to_contain_text("saved as practice")
    expect(page.locator("tr[data-pk]")).to_have_count(1)
    is_accessible()
