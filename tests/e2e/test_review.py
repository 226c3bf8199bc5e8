"""A shift leader asks, the shifter answers, the week is reviewed; and somebody is put in training."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

WEEK = "week=2018-W22"


@pytest.fixture
def made(shifter, transactional_db):
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    return [CertificationFactory(user=shifter, reference_runreconstruction=reference) for _ in range(2)]


def test_asked_answered_and_reviewed(page: Page, sign_in, shifter, shift_leader, made, live_server, is_accessible):
    main = page.locator("main")
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/list/{made[0].pk}/ask/")
    page.get_by_label("Question").fill("Why is the tracker map missing?")
    is_accessible()
    page.get_by_role("button", name="Ask").click()
    expect(main).to_contain_text("shifter is asked about")

    page.context.clear_cookies()
    sign_in(shifter)
    page.locator("[data-question] a").click()
    page.get_by_label("Answer").fill("The job had failed; it is there now.")
    is_accessible()
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#questions")).to_contain_text("The job had failed")
    is_accessible()

    page.context.clear_cookies()
    sign_in(shift_leader)
    expect(main).to_contain_text("The job had failed")  # who asked is told
    page.goto(f"{live_server.url}/shiftleader/?{WEEK}")
    part = page.locator("#certifications")
    part.get_by_label(f"Confirm {made[0]}").check()
    part.get_by_role("button", name="Confirm the ticked").click()
    expect(main).to_contain_text("1 certification reviewed.")
    expect(part).to_contain_text("1 of 2 reviewed")
    part.get_by_role("button", name="Confirm all 1 not reviewed").click()
    expect(part).to_contain_text("2 of 2 reviewed")


def test_put_in_training_and_certified_as_practice(
    page: Page, sign_in, shifter, shift_leader, made, sandbox, live_server, is_accessible
):
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/part/training/?{WEEK}")
    page.get_by_role("link", name="Put somebody in training").click()
    page.get_by_label("Shifter").select_option("shifter")
    page.get_by_label("Why").fill("First week")
    page.get_by_role("button", name="Put in training").click()
    expect(page.locator('[data-person="shifter"]')).to_contain_text("in training")
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
    expect(page.locator("main")).to_contain_text("is saved as practice")
    expect(page.locator("tr[data-pk]")).to_have_count(1)
    is_accessible()
