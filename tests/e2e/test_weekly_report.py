"""The weekly report in a browser: shown, printed, and downloaded as slides."""

from __future__ import annotations

import io

from playwright.sync_api import expect
from pptx import Presentation

from tests.e2e.printed import show_as_printed
from tests.shiftleader.weekly import WEEK, a_week


def test_report_is_shown_and_its_slides_are_downloaded(
    page, live_server, sign_in, shift_leader, is_accessible, downloaded
):
    a_week(20)
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/?{WEEK}")
    page.get_by_role("link", name="Report and slides").click()
    page.wait_for_url("**/shiftleader/report/**")
    is_accessible()

    requests = []
    page.route("**/slides.pptx?*", lambda route: requests.append(route))  # noqa: PLW0108 - a built-in cannot be wrapped
    button = page.locator("a[href*='slides.pptx']")
    button.click()
    assert button.text_content() == "Making the slides…"
    assert button.get_attribute("aria-busy") == "true"
    file = downloaded("tracker-2018-W17.pptx", requests.pop().continue_)
    assert len(Presentation(io.BytesIO(file)).slides) > 10
    expect(page.locator("[aria-busy]")).to_have_count(0)
    assert button.text_content() == "Slides, .pptx"

    page.unroute("**/slides.pptx?*")
    page.route("**/slides.pptx?*", lambda route: route.fulfill(status=403, body="no"))
    button.click()
    page.get_by_role("alert").filter(has_text="could not be made (error 403)").wait_for()


def test_printed_report_has_no_controls(page, live_server, sign_in, shift_leader, is_chromium):
    a_week(6)
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/report/?{WEEK}")
    page.get_by_role("button", name="Dark").click()
    show_as_printed(page, is_chromium)
    for selector in (".site-header", ".site-footer", ".page-head .row", ".week-chart details"):
        assert all(not element.is_visible() for element in page.locator(selector).all()), selector
    ink = page.locator(".week-report").evaluate("one => getComputedStyle(one).color")
    paper = page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
