"""From the sign-in to a saved certification in a browser without JavaScript."""

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from certify.models import TrackerCertification
from tests.e2e.conftest import PATIENCE_MS, enter
from tests.factories import PASSWORD, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.chromium("the driver of Firefox waits for ever with JavaScript off")


@pytest.fixture
def plain_page(browser: Browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def test_shifter_certifies_without_javascript(plain_page, shifter, sandbox, live_server):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    page = plain_page
    page.goto(f"{live_server.url}/openruns/")
    page.fill("[name=username]", shifter.username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main [type=submit]").click()
    page.locator("main [name=runs]").first.fill("315264-315265")
    page.get_by_role("button", name="Search", exact=True).first.click()
    page.locator('tr[data-run="315264"] [data-reco="express"]').click()
    for component in ("pixel", "strip", "tracking"):
        page.locator(f"[name={component}][value=good]").check()
        expect(
            page.get_by_role("button", name=f"ranges of bad lumisections in {component.capitalize()}")
        ).to_be_hidden()
    page.get_by_label("Bad lumisections in Strip").fill("10-12")
    page.locator("[name=trackermap][value=exists]").check()
    page.locator("[name=comment]").fill("noise in TOB L3")
    page.locator(".certify-save button").first.click()
    expect(page.locator("main")).to_contain_text("Tracking is good in 10-12, where Strip is bad.")
    expect(page.locator("#ranges-note-strip")).to_contain_text("out: 3 LS")
    expect(page.get_by_role("button", name="same for Tracking")).to_be_hidden()
    page.get_by_label("Bad lumisections in Tracking").fill("10 – 12")
    page.locator(".certify-save button").first.click()
    expect(page.locator("main")).to_contain_text("315264 express saved: good, 3 of ")
    saved = TrackerCertification.objects.get()
    assert (saved.user, saved.strip_ranges, saved.tracking_ranges) == (shifter, [[10, 12]], [[10, 12]])


def test_refused_bad_lumisections_show_their_price_and_no_key(plain_page, shifter, sandbox, live_server):
    number = 315322
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    call_command("read_lumisections", str(number))
    page = plain_page
    enter(page, live_server.url, shifter)
    page.goto(f"{live_server.url}/certify/{number}/express/")
    for component in ("pixel", "strip", "tracking"):
        page.locator(f"[name={component}][value=good]").check()
    page.locator("[name=trackermap][value=exists]").check()
    page.locator("[name=strip_ranges]").fill("310-330")
    page.locator(".certify-save button").first.click()
    assert not TrackerCertification.objects.exists()
    price = "out: 21 LS, 3.268 /pb of 177.253 /pb; whole run bad: 177.253 /pb"
    expect(page.locator("#ranges-note-strip")).to_have_text(price)
    expect(page.locator("#confirmations-tracking")).to_contain_text("Tracking is good in 310-330, where Strip is bad.")
    expect(page.locator("#errors")).to_contain_text("Tracking is good in lumisections that a Strip range calls bad")
    expect(page.locator("kbd:visible")).to_have_count(0)
