"""The parts of the week that use Run Registry: comparison in steps, an outage, and the central list."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import CertificationFactory, DatasetFactory, RunFactory

EXPRESS = "/Express/Collisions2018/DQM"
RUNS = "runs=315000-315399&reconstruction=express&run_type=collisions"


def test_comparison_continues_automatically_and_on_a_click_after_a_failure(
    page: Page, sign_in, shift_leader, sandbox, live_server
):
    run = RunFactory(run_number=315266)
    CertificationFactory(run=run, dataset=DatasetFactory(name=EXPRESS), strip="bad")
    sandbox.faults("registry", "500", path="datasets_filtered", count=100)
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/?{RUNS}")
    part = page.locator("#comparison-body")
    expect(part.get_by_text("Nothing could be compared")).to_be_visible()
    expect(page.locator("#runs-body").get_by_role("link", name="315266")).to_be_visible()
    sandbox.clear()
    part.get_by_role("link", name="query again").click()
    expect(part.get_by_text("400 run numbers compared")).to_be_visible()
    row = part.locator("tr[data-run='315266'][data-reco=express]")
    expect(row).to_have_attribute("data-outcome", "different")
    expect(row.locator(".is-different")).to_have_text("Bad there good on 42 of 42 LS")
    row.get_by_role("link", name="Change 315266 express").click()
    expect(page.locator("[data-component=strip] input[value=bad]")).to_be_checked()


@pytest.mark.main
def test_central_list_is_checked_in_place_and_copied(clipboard_page, sign_in, shifter, live_server):
    page = clipboard_page
    CertificationFactory(run=RunFactory(run_number=317001), reconstruction="prompt")
    sign_in(shifter)
    page.goto(f"{live_server.url}/shiftleader/?runs=317001")
    part = page.locator("#central-body")
    part.locator("textarea").fill("317001\n317002\nhase")
    part.get_by_role("button", name="Check").click()
    expect(part.locator("#central-text")).to_have_text("Collisions\nGOOD: 317001\n\nMISSING: 317002")
    part.get_by_role("button", name="Copy the text").click()
    expect(part.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "Collisions\nGOOD: 317001\n\nMISSING: 317002"
    part.get_by_role("link", name="Link to this check").click()
    expect(page.locator("#central-text")).to_contain_text("MISSING: 317002")
