"""Enter in a field of the certify page: nothing is saved, added or overwritten by it."""

from playwright.sync_api import Page, expect

from certify.models import BadReason, TrackerCertification
from tests.factories import ReconstructionFactory, RunFactory


def test_enter_in_a_field_does_not_submit_or_add_a_reason(page: Page, sign_in, shifter, sandbox, live_server):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315259/express/")
    page.keyboard.press("g")
    page.locator("[name=date]").press("Enter")
    page.locator("[data-why] > summary").click()
    page.get_by_text("Add a reason").click()
    page.locator("[name=new_reason]").fill("half typ")
    page.locator("[name=new_reason]").press("Enter")
    expect(page.locator("[data-component=pixel] input[value=good]")).to_be_checked()
    assert page.url.endswith("/certify/315259/express/")
    assert not BadReason.objects.exists() and not TrackerCertification.objects.exists()


def test_error_of_a_new_reason_is_in_view(page: Page, sign_in, shifter, sandbox, live_server):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315259/express/")
    page.locator("[data-why] > summary").click()
    page.get_by_text("Add a reason").click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#reason .field-error")).to_be_visible()
