"""Nothing typed is lost: sessions end, tabs and pages are left, two people take the same run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.http import QueryDict
from playwright.sync_api import Browser, Page, Request, expect

from certify.models import TrackerCertification
from drafts.models import Draft, Lease
from tests import chromium, firefox
from tests.e2e.draft_form import FORM, enter, expect_saved, expect_typed, fill_in_form, fill_in_sign_in
from tests.factories import ReconstructionFactory, RunFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _reference(sandbox, transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reconstruction="express", reference=True)


@pytest.mark.main
def test_draft_is_restored_after_the_session_ends(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "typed before")
    expect_saved(page)
    Session.objects.all().delete()
    page.locator("[name=comment]").fill("typed before and after")
    expect(page.locator("[data-draft-signed-out]")).to_be_visible()
    is_accessible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/accounts/login/**")
    fill_in_sign_in(page, shifter)
    page.wait_for_url(f"**{FORM}?draft=**")
    expect_typed(page, "typed before and after")
    is_accessible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().comment == "typed before and after"
    assert not Draft.objects.restorable().exists()


def test_sign_in_in_another_tab_lets_the_form_be_saved(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "first")
    expect_saved(page)
    Session.objects.all().delete()
    page.locator("[name=comment]").fill("second")
    expect(page.locator("[data-draft-signed-out]")).to_be_visible()
    tab = page.context.new_page()
    tab.goto(f"{live_server.url}/accounts/login/")
    fill_in_sign_in(tab, shifter)
    tab.wait_for_url(f"{live_server.url}/")
    page.locator("[name=comment]").fill("third")
    expect(page.locator("[data-draft-signed-out]")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().comment == "third"


def test_two_users_in_two_browsers_see_each_others_lease(open_browser, shifter, other_shifter):
    own_page, other_page = open_browser(shifter), open_browser(other_shifter)
    own_page.goto(FORM)
    expect(own_page.locator("[data-draft-presence]")).to_contain_text("nobody")
    other_page.goto(FORM)
    expect(other_page.locator("[data-draft-presence]")).to_contain_text(re.compile(r"shifter since \d\d:\d\d:\d\d UTC"))
    fill_in_form(own_page, "my words")
    expect_saved(own_page)
    fill_in_form(other_page, "their words")
    other_page.keyboard.press("Control+Enter")
    other_page.wait_for_url("**/list/**")
    own_page.keyboard.press("Control+Enter")
    conflict = own_page.get_by_role("alert").first
    expect(conflict).to_contain_text("shifter2 certified this meanwhile")
    expect(conflict.locator("tr.is-different")).to_have_text([re.compile(r"Comment\s*their words\s*my words")])
    expect_typed(own_page, "my words")
    conflict.get_by_role("link", name="Keep theirs").click()
    own_page.wait_for_url("**/list/*/")
    assert TrackerCertification.objects.get().comment == "their words"
    own_page.goto(FORM)
    own_page.get_by_role("link", name="Your draft, beside it").click()
    expect_typed(own_page, "my words")


def test_leaving_the_page_at_once_saves_the_draft_and_ends_the_lease(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "left at once")
    page.goto(f"{live_server.url}/help/")
    page.wait_for_timeout(500)
    assert Draft.objects.exists() and not Lease.objects.exists()
    page.goto(live_server.url + FORM)
    page.get_by_role("link", name="Restore").click()
    expect_typed(page, "left at once")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert not Draft.objects.restorable().exists() and not Lease.objects.exists()


def test_back_button_returns_to_a_half_filled_form(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "half typed")
    expect_saved(page)
    page.goto(f"{live_server.url}/help/")
    page.go_back()
    if page.locator("[name=comment]").input_value() != "half typed":
        page.get_by_role("link", name="Restore").click()
    expect_typed(page, "half typed")


def test_two_tabs_save_two_drafts_and_the_first_tab_is_notified(
    page: Page, sign_in, shifter, live_server, is_accessible
):
    sign_in(shifter)
    page.clock.install()
    page.goto(live_server.url + FORM)
    page.locator("[name=comment]").fill("first tab")
    page.clock.run_for(1500)
    expect_saved(page)
    tab = page.context.new_page()
    tab.goto(live_server.url + FORM)
    tab.locator("[name=comment]").fill("second tab")
    expect_saved(tab)
    page.clock.run_for(31_000)
    expect(page.locator("[data-draft-presence]")).to_contain_text("Another tab of yours saved a draft")
    is_accessible()
    assert Draft.objects.restorable().count() == 2


def test_draft_is_discarded(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "never mind")
    expect_saved(page)
    page.goto(live_server.url + FORM)
    is_accessible()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("main")).to_contain_text("The draft is discarded.")
    expect(page.locator("[data-draft-presence]")).not_to_contain_text("Restore")
    assert not Draft.objects.exists()


def test_take_over_by_a_shift_leader_is_shown(page: Page, sign_in, shifter, shift_leader, live_server, open_browser):
    sign_in(shifter)
    page.clock.install()
    with page.expect_response("**/drafts/here/"):
        page.goto(live_server.url + FORM)
    leader = open_browser(shift_leader)
    leader.goto(FORM)
    leader.get_by_role("button", name="Take over").click()
    expect(leader.locator("main")).to_contain_text("Taken over. The other page shows it.")
    page.clock.run_for(31_000)
    expect(page.locator("[data-draft-presence]")).to_contain_text("leader took this over")


def test_draft_restored_in_two_tabs_becomes_two_drafts(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "first")
    expect_saved(page)
    tabs = [page.context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(f"{live_server.url}{FORM}?draft=1")
        expect(tab.locator("[data-draft-presence]")).to_contain_text("restored")
    for tab, text in zip(tabs, ("tab one", "tab two"), strict=True):
        with tab.expect_response("**/drafts/save/"):
            tab.locator("[name=comment]").fill(text)
    texts = [QueryDict(draft.typed)["comment"] for draft in Draft.objects.restorable().order_by("saved_at")]
    assert texts[-2:] == ["tab one", "tab two"]


@pytest.fixture
def caching_page(launch_browser: Callable[..., Browser], live_server, strict, is_chromium: bool) -> Iterator[Page]:
    """A page in a browser with its back/forward cache enabled, which is disabled in the other tests."""
    in_chromium = {"executable_path": chromium.browser(), "ignore_default_args": ["--disable-back-forward-cache"]}
    browser = launch_browser(**(in_chromium if is_chromium else firefox.launch_arguments(firefox.BACK_FORWARD_CACHE)))
    page = strict(browser.new_page(base_url=live_server.url, viewport={"width": 1440, "height": 900}))
    page.add_init_script(
        "addEventListener('pageshow', ({persisted}) => { if (persisted) sessionStorage.remembered = 1; })"
    )
    yield page
    browser.close()


def test_back_button_after_sign_out_does_not_show_the_typed_text(caching_page, shifter, other_shifter):
    page = caching_page
    enter(page, shifter)
    page.goto(FORM)
    fill_in_form(page, "for my eyes")
    expect_saved(page)
    page.locator(".signed-in-user").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    page.evaluate("history.back()")  # a page from the cache does not load: there is no load event to wait for
    page.wait_for_url(lambda address: address.endswith(f"/accounts/login/?next={FORM}"))
    assert page.evaluate("sessionStorage.remembered")
    assert page.locator("[name=comment]").count() == 0
    enter(page, other_shifter)
    assert "for my eyes" not in page.content()


@pytest.mark.chromium("Firefox requests a form that was saved anew, instead of restoring it")
def test_text_typed_after_returning_to_a_saved_form_is_saved_on_request(caching_page, shifter):
    page = caching_page
    enter(page, shifter)
    page.goto(FORM)
    fill_in_form(page, "saved")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    page.evaluate("history.back()")
    expect_typed(page, "saved")
    assert page.evaluate("sessionStorage.remembered")
    page.locator("[name=comment]").fill("saved, and typed on")
    expect_saved(page)
    assert "typed+on" in Draft.objects.restorable().get().typed
    page.keyboard.press("Control+Enter")
    conflict = page.get_by_role("alert").first
    expect(conflict).to_contain_text("you saved this in another tab meanwhile")
    conflict.get_by_role("button", name="Save mine over it").click()
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().comment == "saved, and typed on"


def test_save_without_a_connection_stays_on_the_page_and_says_so(open_browser, shifter):
    page = open_browser(shifter)
    page.goto(FORM)
    fill_in_form(page, "saved in the tunnel")
    expect_saved(page)
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    not_saved = page.get_by_text(re.compile(r"Not saved at \d\d:\d\d:\d\d UTC: the server cannot be reached"))
    expect(not_saved).to_be_visible()
    assert page.url.endswith(FORM)
    expect_typed(page, "saved in the tunnel")
    page.locator("[name=comment]").fill("saved after the tunnel")
    page.keyboard.press("Control+Enter")
    expect(not_saved).to_be_visible()
    page.context.set_offline(False)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().comment == "saved after the tunnel"


def test_save_that_is_not_sent_repeats_the_live_check_that_it_cancelled(open_browser, shifter):
    def is_check(request: Request) -> bool:
        return request.method == "POST" and "hx-request" in request.headers

    page = open_browser(shifter)
    page.goto(FORM)
    fill_in_form(page, "typed")
    expect_saved(page)
    with page.expect_event("requestfinished", is_check):
        page.locator("[name=comment]").fill("typed on")
    page.route("**/livez", lambda route: route.abort())
    with page.expect_request(is_check):
        page.keyboard.press("Control+Enter")
    expect(page.get_by_text("the server cannot be reached")).to_be_visible()


def test_last_save_is_undone_by_key_and_the_form_has_what_was_typed(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    fill_in_form(page, "too fast")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    expect(page.locator(".last-save")).to_contain_text("315265 express saved: good")
    page.keyboard.press("z")
    page.wait_for_url(f"**{FORM}?**draft=**")
    expect_typed(page, "too fast")
    assert not TrackerCertification.objects.live().exists()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.live().get().comment == "too fast"
