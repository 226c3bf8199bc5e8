"""The weekly report in a browser: shown, printed, and downloaded as slides."""

from __future__ import annotations

import io

from pptx import Presentation

from tests.shiftleader.weekly import WEEK, a_week


def test_report_is_shown_and_its_slides_are_downloaded(
    page, live_server, sign_in, shift_leader, is_accessible, tmp_path
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
    with page.expect_download() as download:
        requests.pop().continue_()
    assert download.value.suggested_filename == "tracker-2018-W17.pptx"
    download.value.save_as(tmp_path / "week.pptx")
    assert len(Presentation(io.BytesIO((tmp_path / "week.pptx").read_bytes())).slides) > 10
    page.wait_for_function("!document.querySelector('[aria-busy]')")
    assert button.text_content() == "Slides, .pptx"

    page.unroute("**/slides.pptx?*")
    page.route("**/slides.pptx?*", lambda route: route.fulfill(status=403, body="no"))
    button.click()
    page.get_by_role("alert").filter(has_text="could not be made (error 403)").wait_for()


def test_printed_report_has_no_controls(page, live_server, sign_in, shift_leader):
    a_week(6)
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/report/?{WEEK}")
    page.emulate_media(media="print", color_scheme="dark")
    for selector in (".site-header", ".site-footer", ".page-head .row", ".week-chart details"):
        assert all(not element.is_visible() for element in page.locator(selector).all()), selector
    ink = page.locator(".week-report").evaluate("one => getComputedStyle(one).color")
    paper = page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
