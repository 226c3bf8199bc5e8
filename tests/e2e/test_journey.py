"""The work of a shifter, mostly by keyboard: search, certify, next run, list, change, sign out."""

import re

import pytest
from playwright.sync_api import Page, expect

from certify.models import TrackerCertification
from tests.e2e.draft_form import FORM, expect_saved, fill_in_form
from tests.factories import BadReasonFactory, ReconstructionFactory, RunFactory

RUNS = "315264,315265"


@pytest.fixture(autouse=True)
def _reference(sandbox, transactional_db):
    BadReasonFactory(name="High voltage trip")
    run = RunFactory(run_number=314811)
    for reconstruction in ("express", "prompt"):
        ReconstructionFactory(run=run, reconstruction=reconstruction, reference=True)


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _open_first(page: Page, address: str) -> None:
    page.goto(f"{address}/openruns/")
    page.locator("main [name=runs]").first.fill(RUNS)
    page.keyboard.press("Enter")
    page.locator('tr[data-run="315265"] [data-reco="express"]').click()
    page.wait_for_url("**/certify/315265/express/**")


@pytest.mark.main
def test_shifter_searches_certifies_and_exports(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    _open_first(page, live_server.url)
    is_accessible()

    _press(page, "g", "g", "g")
    expect(page.locator("[data-component] input[value=good]:checked")).to_have_count(3)
    page.locator("[name=trackermap][value=exists]").check()
    _press(page, "Control+Enter")
    page.wait_for_url(re.compile(r"/certify/(?!315265/express)"))
    expect(page.locator("main")).to_contain_text("315265 express saved: good")

    _press(page, "b", "b", "b")
    page.locator("[name=bad_reason]").select_option(label="High voltage trip")
    expect(page.locator("[name=comment]")).to_have_value("High voltage trip")
    expect(page.locator("#confirmations-comment")).to_contain_text("Add the lumisections or the place")
    page.locator("[name=comment]").fill("High voltage trip in TIB, lumisections 1-40")
    expect(page.locator("#confirmations-comment")).to_be_empty()
    page.locator("[name=trackermap][value=missing]").check()
    page.locator("#confirm_counterpart").check()  # express is good
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/certify/|/openruns/"))
    expect(page.locator("main")).to_contain_text("saved: bad")

    page.goto(f"{live_server.url}/list/")
    is_accessible()
    expect(page.locator("tr[data-pk]")).to_have_count(2)
    row = page.locator('tr[data-run="315265"][data-reco="express"]')
    page.goto(f"{live_server.url}/list/{row.get_attribute('data-pk')}/update/")
    is_accessible()
    page.locator("[name=comment]").fill("looked again")
    page.locator("#confirm_counterpart").check()  # a change requires confirmation again
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda address: "update" not in address)
    changed = TrackerCertification.objects.get(
        runreconstruction__run=315265, runreconstruction__reconstruction="express"
    )
    assert (changed.comment, changed.version, changed.verdict) == ("looked again", 2, "good")

    page.locator(".signed-in-user").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


def test_refused_form_has_the_typed_values(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    _open_first(page, live_server.url)
    _press(page, "b", "g", "g")
    page.locator("[name=comment]").fill("half a thought")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_visible()
    expect(page.locator("[name=comment]")).to_have_value("half a thought")
    expect(page.locator("[name=pixel][value=bad]")).to_be_checked()
    is_accessible()
    assert not TrackerCertification.objects.exists()


def test_facts_can_be_typed_while_oms_is_unreachable(page: Page, sign_in, shifter, live_server, sandbox, is_accessible):
    sandbox.faults("oms", "refuse")
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315265/express/")
    expect(page.locator("main")).to_contain_text("OMS")
    is_accessible()
    page.locator("[name=run-run_type]").select_option("collisions")
    page.locator("[name=run-lumisections]").fill("655")
    page.locator("[name=run-energy]").fill("6500")
    page.locator("[name=run-recorded_lumi]").fill("78.15")
    page.locator("[name=fill-fill_number]").fill("6616")
    page.locator("h1").click()
    _press(page, "g", "g", "g")
    page.locator("[name=trackermap][value=exists]").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    saved = TrackerCertification.objects.get()
    assert (saved.run_type, saved.lumisections, saved.recorded_lumi) == ("collisions", 655, 78.15)


@pytest.mark.main
def test_page_has_one_column_on_a_phone_with_a_draft_on_offer(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "High voltage trip in TIB, lumisections 1-40")
    expect_saved(page)
    for address in ("/", "/openruns/?runs=315264-315270", "/certify/315265/express/", "/list/?state=live", "/help/"):
        page.goto(live_server.url + address)
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (address, width)
