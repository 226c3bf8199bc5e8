"""Nothing typed is lost: sessions end, browsers are killed, servers are away, two people take the same run."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.http import QueryDict
from playwright.sync_api import Browser, Page, Playwright, expect

from certify.models import TrackerCertification
from drafts.models import Draft, Lease
from tests.chromium import ARGUMENTS, executable
from tests.e2e.conftest import PATIENCE_MS
from tests.factories import PASSWORD, ReconstructionFactory, RunFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORM = "/certify/315265/express/"
SAVED = re.compile(r"draft saved \d\d:\d\d:\d\d UTC")


@pytest.fixture(autouse=True)
def _reference(sandbox, transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reconstruction="express", reference=True)


@pytest.fixture
def another(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """A page in a browser of its own, signed in; one may do to it what its console complains about."""
    contexts = []

    def opened(user=None) -> Page:
        contexts.append(browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        if user:
            enter(page, user)
        return page

    yield opened
    for context in contexts:
        context.close()


def enter(page: Page, user) -> None:
    page.goto("/accounts/login/")
    fill_in_sign_in(page, user)
    page.wait_for_url("**/")


def fill_in_sign_in(page: Page, user) -> None:
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main [type=submit]").click()


def say(page: Page, comment: str) -> None:
    """Three flags by keyboard, the tracker map, and a comment."""
    page.locator("h1").click()
    for _ in range(3):
        page.keyboard.press("g")
    page.locator("[name=trackermap][value=exists]").check()
    page.locator("[name=comment]").fill(comment)


def has_all(page: Page, comment: str) -> None:
    expect(page.locator("[name=comment]")).to_have_value(comment)
    expect(page.locator("[data-component] input[value=good]:checked")).to_have_count(3)
    expect(page.locator("[name=trackermap][value=exists]")).to_be_checked()


def kept(page: Page) -> None:
    expect(page.locator("[data-draft-status]")).to_have_text(SAVED)


def test_draft_is_restored_after_the_session_ends(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    say(page, "typed before")
    kept(page)
    Session.objects.all().delete()
    page.locator("[name=comment]").fill("typed before and after")
    expect(page.locator("[data-draft-signed-out]")).to_be_visible()
    is_accessible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/accounts/login/**")
    fill_in_sign_in(page, shifter)
    page.wait_for_url(f"**{FORM}?draft=**")
    has_all(page, "typed before and after")
    is_accessible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().comment == "typed before and after"
    assert not Draft.objects.restorable().exists()


def test_sign_in_in_another_tab_lets_the_form_be_saved(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    say(page, "first")
    kept(page)
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


def test_two_users_in_two_browsers_see_each_others_lease(another, shifter, other_shifter):
    mine, theirs = another(shifter), another(other_shifter)
    mine.goto(FORM)
    expect(mine.locator("[data-draft-presence]")).to_contain_text("nobody")
    with mine.expect_response("**/drafts/here/"):
        mine.reload()
    theirs.goto(FORM)
    expect(theirs.locator("[data-draft-presence]")).to_contain_text(re.compile(r"shifter since \d\d:\d\d:\d\d UTC"))
    say(mine, "my words")
    kept(mine)
    say(theirs, "their words")
    theirs.keyboard.press("Control+Enter")
    theirs.wait_for_url("**/list/**")
    mine.keyboard.press("Control+Enter")
    conflict = mine.get_by_role("alert").first
    expect(conflict).to_contain_text("shifter2 certified this meanwhile")
    expect(conflict.locator("tr.is-different")).to_have_text([re.compile(r"Comment\s*their words\s*my words")])
    has_all(mine, "my words")
    conflict.get_by_role("link", name="Keep theirs").click()
    mine.wait_for_url("**/list/*/")
    assert TrackerCertification.objects.get().comment == "their words"
    mine.goto(FORM)
    mine.get_by_role("link", name="Your draft, beside it").click()
    has_all(mine, "my words")


def killed(profile: Path) -> None:
    """SIGKILL to every process of the browser with this profile."""
    wanted = str(profile).encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = wanted in (process / "cmdline").read_bytes()
        except OSError:
            continue
        if is_ours:
            os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture
def at_home(playwright: Playwright, tmp_path: Path, live_server) -> Callable[[], Page]:
    """Start a browser that keeps its profile, as the one on a desk does."""

    def start() -> Page:
        (tmp_path / "SingletonLock").unlink(missing_ok=True)
        context = playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=executable(), args=ARGUMENTS, headless=True, base_url=live_server.url
        )
        page = context.pages[0]
        page.set_default_timeout(PATIENCE_MS)
        return page

    return start


def test_draft_survives_a_killed_browser(at_home, tmp_path, shifter, another):
    page = at_home()
    enter(page, shifter)
    page.goto(FORM)
    say(page, "typed before the crash")
    kept(page)
    killed(tmp_path)
    elsewhere = another(shifter)
    elsewhere.goto(FORM)
    expect(elsewhere.locator("[name=comment]")).to_have_value("")
    elsewhere.get_by_role("link", name="Restore").click()
    has_all(elsewhere, "typed before the crash")
    page = at_home()
    enter(page, shifter)
    page.goto(FORM)
    page.get_by_role("link", name="Restore").click()
    has_all(page, "typed before the crash")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    page.context.close()
    assert TrackerCertification.objects.get().comment == "typed before the crash"


def test_text_typed_while_the_server_is_down_survives_closing_the_browser(another, shifter, other_shifter):
    page = another(shifter)
    page.goto(FORM)
    page.context.set_offline(True)
    say(page, "typed without a server")
    expect(page.locator("[data-draft-status]")).to_contain_text("kept in this browser")
    page.close()
    assert not Draft.objects.exists()

    page.context.set_offline(False)
    back = page.context.new_page()
    back.set_default_timeout(PATIENCE_MS)
    back.goto("/")
    back.get_by_role("button", name="Sign out").click()
    enter(back, other_shifter)
    back.goto(FORM)
    expect(back.locator("[data-draft-presence]")).not_to_contain_text("Restore")
    assert "typed without a server" not in back.content()
    assert not Draft.objects.exists()
    back.goto("/")
    back.get_by_role("button", name="Sign out").click()

    enter(back, shifter)
    back.goto(FORM)
    back.get_by_role("link", name="Restore").click()
    has_all(back, "typed without a server")
    assert back.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft:'))") == []


def test_draft_is_saved_when_the_server_is_reachable_again(another, shifter):
    page = another(shifter)
    page.goto(FORM)
    page.route("**/drafts/save/", lambda route: route.abort())
    say(page, "typed without a server")
    expect(page.locator("[data-draft-status]")).to_contain_text("kept in this browser")
    page.unroute("**/drafts/save/")
    expect(page.locator("[data-draft-status]")).to_have_text(SAVED, timeout=10_000)


def test_leaving_the_page_at_once_saves_the_draft_and_ends_the_lease(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    say(page, "left at once")
    page.goto(f"{live_server.url}/help/")
    page.wait_for_timeout(500)
    assert Draft.objects.exists() and not Lease.objects.exists()
    page.goto(live_server.url + FORM)
    page.get_by_role("link", name="Restore").click()
    has_all(page, "left at once")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    assert not Draft.objects.restorable().exists() and not Lease.objects.exists()


def test_back_button_returns_to_a_half_filled_form(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    say(page, "half typed")
    kept(page)
    page.goto(f"{live_server.url}/help/")
    page.go_back()
    if page.locator("[name=comment]").input_value() != "half typed":
        page.get_by_role("link", name="Restore").click()
    has_all(page, "half typed")


def test_two_tabs_save_two_drafts_and_the_first_tab_is_notified(
    page: Page, sign_in, shifter, live_server, is_accessible
):
    sign_in(shifter)
    page.clock.install()
    page.goto(live_server.url + FORM)
    page.locator("[name=comment]").fill("first tab")
    page.clock.run_for(1500)
    kept(page)
    tab = page.context.new_page()
    tab.goto(live_server.url + FORM)
    tab.locator("[name=comment]").fill("second tab")
    kept(tab)
    page.clock.run_for(31_000)
    expect(page.locator("[data-draft-presence]")).to_contain_text("Another tab of yours saved a draft")
    is_accessible()
    assert Draft.objects.restorable().count() == 2


def test_draft_is_discarded(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    say(page, "never mind")
    kept(page)
    page.goto(live_server.url + FORM)
    is_accessible()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("main")).to_contain_text("The draft is discarded.")
    expect(page.locator("[data-draft-presence]")).not_to_contain_text("Restore")
    assert not Draft.objects.exists()


def test_take_over_by_a_shift_leader_is_shown(page: Page, sign_in, shifter, shift_leader, live_server, another):
    sign_in(shifter)
    page.clock.install()
    with page.expect_response("**/drafts/here/"):
        page.goto(live_server.url + FORM)
    leader = another(shift_leader)
    leader.goto(FORM)
    leader.get_by_role("button", name="Take over").click()
    expect(leader.locator("main")).to_contain_text("Taken over. The other page shows it.")
    page.clock.run_for(31_000)
    expect(page.locator("[data-draft-presence]")).to_contain_text("leader took this over")


def test_older_text_in_one_browser_does_not_replace_a_newer_draft(another, shifter):
    first, second = another(shifter), another(shifter)
    first.goto(FORM)
    say(first, "first")
    first.goto("/")  # at once: it is sent, and what came of that nobody here knows
    left = "() => Object.keys(localStorage).filter((name) => name.startsWith('draft:')).length"
    assert first.evaluate(left) == 1
    first.wait_for_timeout(500)
    second.goto(FORM)
    second.get_by_role("link", name="Restore").click()
    with second.expect_response("**/drafts/save/"):
        second.locator("[name=comment]").fill("second")
    first.goto(FORM.replace("315265", "315264"))
    first.wait_for_function(f"() => ({left})() === 0")
    second.goto(FORM)
    second.get_by_role("link", name="Restore").first.click()
    has_all(second, "second")


def test_draft_restored_in_two_tabs_becomes_two_drafts(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    say(page, "first")
    kept(page)
    tabs = [page.context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(f"{live_server.url}{FORM}?draft=1")
        expect(tab.locator("[data-draft-presence]")).to_contain_text("restored")
    for tab, text in zip(tabs, ("tab one", "tab two"), strict=True):
        with tab.expect_response("**/drafts/save/"):
            tab.locator("[name=comment]").fill(text)
    texts = [QueryDict(one.typed)["comment"] for one in Draft.objects.restorable().order_by("saved_at")]
    assert texts[-2:] == ["tab one", "tab two"]


def test_form_whose_submission_failed_is_still_saved_as_draft(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    page.route(f"**{FORM}", lambda route: route.fulfill(status=204))
    say(page, "sent")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith(FORM)):
        page.keyboard.press("Control+Enter")
    page.locator("[name=comment]").fill("sent, and typed on")
    kept(page)
    assert "typed+on" in Draft.objects.get().typed


def test_draft_refused_by_the_server_is_reported_and_not_sent_again(another, shifter):
    page = another(shifter)
    sent = []
    page.goto(FORM)
    page.clock.install()
    page.route("**/drafts/save/", lambda route: (sent.append(1), route.fulfill(status=400)))
    say(page, "too much of it")
    page.clock.run_for(1500)
    expect(page.locator("[data-draft-status]")).to_contain_text("the server refused the draft with 400")
    page.clock.run_for(60_000)
    assert len(sent) == 1
    page.unroute("**/drafts/save/")
    page.locator("[name=comment]").fill("less")
    page.clock.run_for(1500)
    kept(page)


@pytest.fixture
def remembering(playwright: Playwright, live_server, strict) -> Iterator[Page]:
    """A page in a browser that keeps in memory what it leaves, as people's do and Playwright's does not."""
    told = ["--disable-back-forward-cache"]
    browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS, ignore_default_args=told)
    page = strict(browser.new_page(base_url=live_server.url, viewport={"width": 1440, "height": 900}))
    page.add_init_script("addEventListener('pageshow', (one) => { if (one.persisted) sessionStorage.remembered = 1; })")
    yield page
    browser.close()


def back(page: Page) -> None:
    """Back, to the page as it was left: nothing loads, so there is no end of loading to wait for."""
    page.go_back(wait_until="commit")
    page.wait_for_function("sessionStorage.remembered")


def test_back_button_after_sign_out_does_not_show_the_typed_text(remembering, shifter, other_shifter):
    page = remembering
    enter(page, shifter)
    page.goto(FORM)
    say(page, "for my eyes")
    kept(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    back(page)
    page.wait_for_url("**/accounts/login/**")
    assert page.locator("[name=comment]").count() == 0
    enter(page, other_shifter)
    assert "for my eyes" not in page.content()


def test_text_typed_after_returning_to_a_saved_form_is_saved_on_request(remembering, shifter):
    page = remembering
    enter(page, shifter)
    page.goto(FORM)
    say(page, "saved")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    back(page)
    has_all(page, "saved")
    page.locator("[name=comment]").fill("saved, and typed on")
    kept(page)
    assert "typed+on" in Draft.objects.restorable().get().typed
    page.keyboard.press("Control+Enter")
    conflict = page.get_by_role("alert").first
    expect(conflict).to_contain_text("you saved this in another tab meanwhile")
    conflict.get_by_role("button", name="Save mine over it").click()
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().comment == "saved, and typed on"
