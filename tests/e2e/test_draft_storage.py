"""Text typed while the server or the browser fails is stored and offered again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserType, Page, expect

from certify.models import TrackerCertification
from drafts.models import Draft
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.draft_form import FORM, SAVED, enter, expect_saved, expect_typed, fill_in_form
from tests.factories import ReconstructionFactory, RunFactory
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _reference(sandbox, transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reconstruction="express", reference=True)


def kill_browser(profile: Path) -> None:
    """Send SIGKILL to every process of the browser with this profile."""
    argument = str(profile).encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_of_profile = argument in (process / "cmdline").read_bytes()
        except OSError:
            continue
        if is_of_profile:
            os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture
def persistent_browser(
    browser_type: BrowserType, browser_type_launch_args: dict, tmp_path: Path, live_server
) -> Callable[[], Page]:
    """Start a browser with a profile on disk, which survives the end of the process."""

    def start() -> Page:
        (tmp_path / "SingletonLock").unlink(missing_ok=True)
        context = browser_type.launch_persistent_context(tmp_path, **browser_type_launch_args, base_url=live_server.url)
        page = context.pages[0]
        page.set_default_timeout(PATIENCE_MS)
        return page

    return start


def test_draft_survives_a_killed_browser(persistent_browser, tmp_path, shifter, open_browser):
    page = persistent_browser()
    enter(page, shifter)
    page.goto(FORM)
    fill_in_form(page, "typed before the crash")
    expect_saved(page)
    kill_browser(tmp_path)
    elsewhere = open_browser(shifter)
    elsewhere.goto(FORM)
    expect(elsewhere.locator("[name=comment]")).to_have_value("")
    elsewhere.get_by_role("link", name="Restore").click()
    expect_typed(elsewhere, "typed before the crash")
    page = persistent_browser()
    page.context.clear_cookies()  # the session, which Firefox has stored already
    enter(page, shifter)
    page.goto(FORM)
    page.get_by_role("link", name="Restore").click()
    expect_typed(page, "typed before the crash")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/**")
    page.context.close()
    assert TrackerCertification.objects.get().comment == "typed before the crash"


def test_text_typed_while_the_server_is_down_survives_closing_the_browser(open_browser, shifter, other_shifter):
    page = open_browser(shifter)
    page.goto(FORM)
    page.context.set_offline(True)
    fill_in_form(page, "typed without a server")
    expect(page.locator("[data-draft-status]")).to_contain_text("kept in this browser")
    page.close()
    assert not Draft.objects.exists()

    page.context.set_offline(False)
    back = page.context.new_page()
    back.set_default_timeout(PATIENCE_MS)
    back.goto("/")
    back.locator(".signed-in-user").click()
    back.get_by_role("button", name="Sign out").click()
    enter(back, other_shifter)
    back.goto(FORM)
    expect(back.locator("[data-draft-presence]")).not_to_contain_text("Restore")
    assert "typed without a server" not in back.content()
    assert not Draft.objects.exists()
    back.goto("/")
    back.locator(".signed-in-user").click()
    back.get_by_role("button", name="Sign out").click()

    enter(back, shifter)
    back.goto(FORM)
    back.get_by_role("link", name="Restore").click()
    expect_typed(back, "typed without a server")
    assert back.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft:'))") == []


def test_draft_is_saved_when_the_server_is_reachable_again(open_browser, shifter):
    page = open_browser(shifter)
    page.goto(FORM)
    page.route("**/drafts/save/", lambda route: route.abort())
    fill_in_form(page, "typed without a server")
    expect(page.locator("[data-draft-status]")).to_contain_text("kept in this browser")
    page.unroute("**/drafts/save/")
    expect(page.locator("[data-draft-status]")).to_have_text(SAVED, timeout=10_000)


def test_older_text_in_one_browser_does_not_replace_a_newer_draft(open_browser, shifter):
    first, second = open_browser(shifter), open_browser(shifter)
    first.goto(FORM)
    fill_in_form(first, "first")
    first.goto("/")  # at once: the draft is sent, but the page does not see the response
    left = "() => Object.keys(localStorage).filter((name) => name.startsWith('draft:')).length"
    assert first.evaluate(left) == 1
    first.wait_for_timeout(500)
    second.goto(FORM)
    second.get_by_role("link", name="Restore").click()
    with second.expect_response("**/drafts/save/"):
        second.locator("[name=comment]").fill("second")
    first.goto(FORM.replace("315265", "315264"))
    deadline = time.monotonic() + PATIENCE_S
    while first.evaluate(left):
        assert time.monotonic() < deadline
        first.wait_for_timeout(50)
    second.goto(FORM)
    second.get_by_role("link", name="Restore").first.click()
    expect_typed(second, "second")


def test_form_whose_submission_failed_is_still_saved_as_draft(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + FORM)
    page.route(f"**{FORM}", lambda route: route.fulfill(status=204))
    fill_in_form(page, "sent")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith(FORM)):
        page.keyboard.press("Control+Enter")
    page.locator("[name=comment]").fill("sent, and typed on")
    expect_saved(page)
    assert "typed+on" in Draft.objects.get().typed


def test_draft_refused_by_the_server_is_reported_and_not_sent_again(open_browser, shifter):
    page = open_browser(shifter)
    sent = []
    page.goto(FORM)
    page.clock.install()
    page.route("**/drafts/save/", lambda route: (sent.append(1), route.fulfill(status=400)))
    fill_in_form(page, "too much of it")
    page.clock.run_for(1500)
    expect(page.locator("[data-draft-status]")).to_contain_text("the server refused the draft with 400")
    page.clock.run_for(60_000)
    assert len(sent) == 1
    page.unroute("**/drafts/save/")
    page.locator("[name=comment]").fill("less")
    page.clock.run_for(1500)
    expect_saved(page)
