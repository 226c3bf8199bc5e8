"""The console of a page: which aborted requests fail a test."""

from playwright.sync_api import expect

from tests.e2e.conftest import enter
from tests.e2e.console import listen

WEEK = "/shiftleader/?week=2018-W22"


def test_aborted_request_is_reported_but_not_when_the_page_is_left(open_browser, shift_leader, live_server):
    page, complaints = open_browser(), []
    listen(page, complaints, is_cut_off=False)
    enter(page, live_server.url, shift_leader)
    page.route("**/part/days/*", lambda route: None)  # noqa: ARG005 - never answered
    page.goto(WEEK)
    expect(page.locator("#days")).to_have_attribute("aria-busy", "true")
    page.goto("/help/")
    expect(page.locator("h1")).to_be_visible()
    assert complaints == []
    page.goto(WEEK)
    expect(page.locator("#days.htmx-request")).to_be_attached()
    page.evaluate("htmx.trigger('#days', 'htmx:abort')")
    expect(page.locator("#days.htmx-request")).to_have_count(0)
    (complaint,) = complaints
    assert "aborted while the page stays: /shiftleader/part/days/" in complaint
