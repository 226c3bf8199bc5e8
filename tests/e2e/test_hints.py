"""Live checks show confirmations and errors while the user types, without disturbing the input."""

import pytest
from playwright.sync_api import Page, expect

from certify.models import TrackerCertification
from drafts.models import Draft
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

RUN = 315259


@pytest.fixture(autouse=True)
def _reference(sandbox, transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)


def _open(page: Page, address: str, reconstruction: str = "express") -> None:
    page.goto(f"{address}/certify/{RUN}/{reconstruction}/")
    expect(page.locator("[data-live-checks]")).to_have_count(1)


def _focus(page: Page) -> str:
    return page.evaluate("document.activeElement.name || document.activeElement.tagName")


def test_confirmation_ticked_before_saving_needs_one_submission(
    page: Page, sign_in, shifter, live_server, is_accessible
):
    sign_in(shifter)
    _open(page, live_server.url)
    for key in ("x", "g", "g", "m"):
        page.keyboard.press(key)
    box = page.locator("#confirmations-tracking #confirm_pixel")
    expect(box).to_be_visible()
    is_accessible()
    hints = page.locator("#live-checks")
    expect(hints.locator("a[href='#confirm_pixel']")).to_be_visible()
    page.keyboard.press("y")
    expect(box).to_be_focused()
    expect(box).not_to_be_checked()
    page.keyboard.press("y")
    expect(box).to_be_checked()
    assert hints.locator("a[href='#confirm_pixel']").count() == 0  # at once, without an answer of the server
    expect(hints).to_be_empty()
    page.locator("[name=comment]").fill("pixel was out")
    page.locator("[name=comment]").press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().confirmed == ["pixel"]


def test_live_checks_change_hints_but_not_focus_or_checkboxes(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    _open(page, live_server.url)
    for key in ("x", "b", "g"):
        page.keyboard.press(key)
    hints = page.locator("#live-checks")
    expect(hints).to_contain_text("Tracking cannot be good while Strip is bad.")
    expect(page.locator("#choice-tracking")).to_contain_text("Tracking cannot be good while Strip is bad.")
    box = page.locator("#confirm_pixel")
    box.check()
    comment = page.locator("[name=comment]")
    comment.press_sequentially("a hole in layer 1", delay=40)
    expect(hints).not_to_contain_text("bad needs a comment")
    assert _focus(page) == "comment"
    expect(comment).to_have_value("a hole in layer 1")
    expect(box).to_be_checked()
    page.locator("[name=strip][value=good]").check()
    expect(hints).to_be_empty()
    expect(box).to_be_checked()
    page.locator("[name=pixel][value=bad]").check()
    expect(page.locator("#confirmations-tracking")).to_contain_text("while Pixel is bad.")
    expect(box).not_to_be_checked()  # another question: the earlier confirmation does not apply
    expect(hints).to_contain_text("To confirm: Tracking is good while Pixel is bad or excluded.")
    assert _focus(page) == "pixel"
    assert not TrackerCertification.objects.exists()


def test_opinions_and_counterpart_appear_with_the_last_flag(page: Page, sign_in, shifter, live_server, is_accessible):
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="express", strip="bad")
    sign_in(shifter)
    _open(page, live_server.url, "prompt")
    opinions = page.locator("#other-opinions")
    expect(opinions).to_have_text("Other opinions appear here once all flags are set.")
    for key in ("g", "g"):
        page.keyboard.press(key)
    expect(page.locator("#live-checks")).not_to_contain_text("Express differs")
    expect(page.locator("#counterpart")).to_have_count(0)
    page.keyboard.press("g")
    expect(page.locator("#confirm_counterpart")).to_be_visible()
    expect(opinions).to_contain_text("Express: Bad")
    expect(opinions).to_contain_text("Run Registry: Pixel")
    expect(page.locator("#counterpart")).to_have_attribute("open", "")
    expect(page.locator("#counterpart tbody tr").nth(1)).to_contain_text("badgood")
    is_accessible()


def test_key_opens_dqm_gui_in_a_new_tab(page: Page, sign_in, shifter, live_server, settings):
    settings.LINKS = settings.LINKS | {"dqm_gui_run": live_server.url + "/help/?run={run}&dataset={dataset}"}
    sign_in(shifter)
    _open(page, live_server.url, "express")
    with page.context.expect_page() as opened:
        page.keyboard.press("d")
    address = f"{live_server.url}/help/?run={RUN}&dataset=%2FExpress%2FCollisions2018%2FDQM"
    opened.value.wait_for_url(lambda shown: shown == address)


def test_resolved_errors_are_removed_by_live_checks(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/{RUN}/express/")
    page.keyboard.press("Control+Enter")
    summary = page.locator("#errors")
    expect(summary).to_contain_text("4 fields need a look:")
    expect(summary.locator("a")).to_have_text(["Pixel", "Strip", "Tracking", "Tracker map"])
    is_accessible()
    fits = (
        "one => one.querySelector('.choice-lowstat').getBoundingClientRect().right <= one.getBoundingClientRect().right"
    )
    assert page.locator("#choice-pixel .choice-row").evaluate(fits)
    assert not Draft.objects.exists()  # nothing was typed
    page.locator("#choice-strip").get_by_text("Good", exact=True).click()
    expect(page.locator("#error-strip")).to_have_count(0)
    expect(page.locator("#error-pixel")).to_have_count(1)
    expect(summary).to_contain_text("3 fields need a look:")
    expect(summary.locator("a")).to_have_text(["Pixel", "Tracking", "Tracker map"])
    for place, word in (("pixel", "Good"), ("tracking", "Good"), ("trackermap", "Exists")):
        page.locator(f"#choice-{place}").get_by_text(word, exact=True).click()
    expect(summary).to_be_hidden()
    expect(page.locator(".field-error")).to_have_count(0)
    assert page.locator("[aria-invalid]").count() == 0


def test_error_of_a_field_is_removed_as_soon_as_it_is_set(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/{RUN}/express/")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#choice-trackermap_error")).to_be_visible()
    removed = "radio => { radio.click(); return document.querySelector('#choice-trackermap_error') === null; }"
    assert page.locator("[name=trackermap]").first.evaluate(removed)  # without an answer of the server
    expect(page.locator("#errors a")).to_have_text(["Pixel", "Strip", "Tracking"])


def test_refused_form_lists_again_what_is_still_open(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    _open(page, live_server.url)
    for key in ("g", "b", "g", "m", "Control+Enter"):
        page.keyboard.press(key)
    expect(page.locator("#errors")).to_be_visible()
    hints = page.locator("#live-checks")
    expect(hints).to_contain_text("Tracking cannot be good while Strip is bad.")
    expect(page.locator("#choice-tracking .field-error:visible")).to_have_count(1)
    expect(page.locator("#errors")).to_contain_text("Tracking")
