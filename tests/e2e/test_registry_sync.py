"""Sending to Run Registry in a browser: from a certification and from the week, with receipts that follow it."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from infrastructure.http.budget import Budget
from registry_sync.sender import send_confirmed
from tests.factories import CertificationFactory, DatasetFactory, RunFactory

RUN = 315322
DATASET = "/PromptReco/Collisions2018A/DQM"


@pytest.fixture
def certification(shifter, sandbox, settings, transactional_db):
    settings.REGISTRY_SYNC = "on"
    return CertificationFactory(
        run=RunFactory(run_number=RUN),
        reconstruction="prompt",
        dataset=DatasetFactory(name=DATASET),
        user=shifter,
        date=date(2018, 5, 28),
        lumisections=1364,
        strip_ranges=[[310, 330]],
        comment="holes in TIB",
    )


def test_certification_is_sent_and_its_receipt_follows(
    page: Page, sign_in, shift_leader, live_server, certification, is_accessible
):
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/list/{certification.pk}/")
    page.get_by_role("link", name="To Run Registry").click()
    expect(page.locator("tr.is-write")).to_have_count(3)
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    is_accessible()
    page.get_by_role("link", name="Skip to the end of the plan").press("Enter")
    page.keyboard.press("Tab")  # to the copy
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send to Run Registry")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 of 3 done, waiting")).to_be_visible()
    is_accessible()
    assert send_confirmed(Budget(60)).done == 3
    expect(page.get_by_text("3 of 3 done")).to_be_visible()
    expect(page.locator(".write-state.is-done")).to_have_count(3)


def test_week_sends_what_is_ticked(page: Page, sign_in, shift_leader, live_server, certification, is_accessible):
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/?week=2018-W22")
    expect(page.locator("#comparison .registry-counts")).to_contain_text("0 equal")
    button = page.get_by_role("button", name="Send 1 to Run Registry")
    expect(button).to_be_enabled()
    is_accessible()
    box = page.get_by_role("checkbox", name=f"Send {RUN} prompt")
    box.uncheck()
    expect(page.get_by_role("button", name="Send 0 to Run Registry")).to_be_disabled()
    box.check()
    button.click()
    expect(page.get_by_text("0 of 1 sent")).to_be_visible()
    assert send_confirmed(Budget(60)).done == 3
    expect(page.get_by_text("1 of 1 equal")).to_be_visible()
    expect(page.locator("#comparison .registry-counts")).to_contain_text("1 equal")  # loaded again by itself
