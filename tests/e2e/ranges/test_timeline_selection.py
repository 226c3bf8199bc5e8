"""Bad lumisections are selected on the timeline: by mouse, by keys, and on a phone."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from certify.models import TrackerCertification
from tests.e2e.ranges.page import OFF, RUN, drag, place, press, ranges_field


def test_mouse_selects_and_edges_snap_to_segments(page: Page, open_run, is_accessible):
    timeline = open_run(RUN)
    line, mark = page.locator("[data-timeline-line]"), page.locator("[data-timeline-mark]")
    press(page, "ArrowDown")  # Strip
    drag(page, timeline, 1, 300)  # a lumisection is narrower than a pixel, to which Firefox rounds
    expect(line).to_have_text(
        re.compile(r"^1–(29|30)\d · 2[78]\d LS for Strip · 22 LS off anyway, not marked( · Alt: free edges)?$")
    )
    is_accessible()
    places = [mark.bounding_box(), page.locator("#facts").bounding_box()]
    mark.click()
    expect(ranges_field(page, "strip")).to_have_value(re.compile(r"^23-(29|30)\d$"))
    after = [mark.bounding_box(), page.locator("#facts").bounding_box()]
    assert [box and (box["x"], box["y"]) for box in after] == [box and (box["x"], box["y"]) for box in places]
    expect(line).to_contain_text("marked bad in Strip")
    mark.click()
    expect(ranges_field(page, "strip")).to_have_value("")
    page.keyboard.down("Shift")
    page.mouse.click(*place(timeline, 500))
    page.keyboard.up("Shift")
    expect(line).to_have_text(re.compile(r"^1–(49|50)\d · "))  # from where the drag began
    timeline.focus()
    press(page, "Escape")
    expect(mark).to_be_hidden()
    drag(page, timeline, 24, 300)  # two lumisections beside the border of a segment at most
    expect(line).to_have_text(re.compile(r"^23–(29|30)\d · 2[78]\d LS for Strip · Alt: free edges$"))
    page.keyboard.down("Alt")
    drag(page, timeline, 24, 300)
    page.keyboard.up("Alt")
    expect(line).to_have_text(re.compile(r"^2[2-6]–(29|30)\d · 2[78]\d LS for Strip( · 1 LS off anyway, not marked)?$"))
    page.mouse.click(*place(timeline, 400))
    expect(mark).to_be_hidden()
    page.keyboard.down("Shift")
    page.mouse.click(*place(timeline, 500))
    page.keyboard.up("Shift")
    expect(line).to_have_text(re.compile(r"^(39|40)\d–(49|50)\d · (99|10[0-3]) LS for Strip$"))
    press(page, "Enter")
    expect(ranges_field(page, "strip")).to_have_value(re.compile(r"^(39|40)\d-(49|50)\d$"))
    press(page, "Delete")
    expect(ranges_field(page, "strip")).to_have_value("")


def test_drag_does_not_shrink_to_the_borders_of_segments(page: Page, open_run):
    timeline = open_run(RUN)
    for first, last in ((6, 40), (100, 125)):
        drag(page, timeline, first, last)
        text = page.locator("[data-timeline-line]").text_content() or ""
        found = re.match(r"(\d+)–(\d+) · ", text)
        assert found, text
        assert abs(int(found[1]) - first) <= 4 and abs(int(found[2]) - last) <= 4, text  # a pixel and the snap


def test_drag_ends_where_the_button_is_released(page: Page, open_run):
    timeline = open_run(RUN)
    x, y = place(timeline, 400)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, 1)  # straight up, out of the panel
    page.mouse.up()
    page.mouse.move(x + 40, y)
    page.mouse.move(x + 60, y)
    expect(page.locator("[data-timeline-line]")).to_contain_text(re.compile(r"^LS 56\d "))
    expect(timeline.locator(".s-selection")).to_have_count(0)
    page.mouse.down()
    page.mouse.move(x + 90, y)
    expect(timeline.locator(".s-selection")).to_have_count(1)
    timeline.dispatch_event("pointercancel", {"bubbles": True})
    expect(timeline.locator(".s-selection")).to_have_count(0)


def test_save_waits_once_for_a_selection_that_is_not_marked(page: Page, open_run, is_accessible):
    timeline = open_run(OFF)
    press(page, "g", "g", "g", "m")
    expect(page.locator("#confirmations-pixel .confirmation")).to_be_visible()
    press(page, "y", "y")
    expect(page.locator("[name=confirm_dcs]")).to_be_checked()
    expect(page.locator("#live-checks")).to_be_empty()
    timeline.focus()
    press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Control+Enter")
    sentence = "2-3 are selected but not marked. Mark them (Enter) or drop them (Esc)."
    expect(page.locator("[data-timeline-line]")).to_have_text(sentence)
    missing = page.locator("[data-missing]")
    expect(missing).to_have_text(f"Before it can be saved: {sentence}")
    expect(timeline).to_be_focused()
    is_accessible()
    press(page, "Escape")
    expect(missing).to_be_empty()
    assert not TrackerCertification.objects.exists()
    press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Control+Enter")
    expect(missing).to_contain_text(sentence)
    press(page, "Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().out.text == ""


def test_nothing_is_marked_in_a_component_that_is_bad_or_excluded(page: Page, open_run):
    timeline = open_run(OFF)
    buttons, line = page.locator(".timeline-line button:visible"), page.locator("[data-timeline-line]")
    press(page, "b", "x")
    page.locator("#choice-pixel").get_by_text("Bad", exact=True).click()
    timeline.focus()
    press(page, "Home", "ArrowRight", "Shift+ArrowRight")
    expect(line).to_have_text("2–3 · Pixel is bad or excluded in the whole run")
    expect(buttons).to_have_text(["Mark bad in Tracking 3"])
    press(page, "Enter", "2", "3")
    for name, text in {"pixel": "", "strip": "", "tracking": "2-3"}.items():
        expect(ranges_field(page, name)).to_have_value(text)
    page.locator("#choice-tracking").get_by_text("Bad", exact=True).click()
    expect(line).to_have_text("2–3 · marked bad in Tracking")
    expect(buttons).to_have_text(["Remove from Tracking Enter"])


def test_marks_change_nothing_of_a_text_that_is_refused(page: Page, open_run):
    timeline = open_run(RUN)
    press(page, "n")
    page.keyboard.type("310-320, 315-340")
    press(page, "Enter")
    expect(page.locator("[data-ranges-counts]")).to_be_empty()
    timeline.focus()
    press(page, "Home", *["ArrowRight"] * 40, "Enter")
    expect(ranges_field(page, "pixel")).to_have_value("310-320, 315-340, 41")
    press(page, "Enter")
    expect(page.locator("[data-timeline-line]")).to_have_text("The ranges of Pixel cannot be read. Correct them first.")
    expect(ranges_field(page, "pixel")).to_have_value("310-320, 315-340, 41")


def test_selection_is_marked_in_any_component_and_unmarked_in_part(page: Page, open_run):
    timeline = open_run(OFF)
    press(page, "g", "g", "g")
    timeline.focus()
    press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    buttons = page.locator(".timeline-line button:visible")
    expect(buttons).to_have_text(["Mark bad in Tracking Enter", "Mark bad in Pixel 1", "Mark bad in Strip 2"])
    page.get_by_role("button", name="Mark bad in Strip").click()
    expect(ranges_field(page, "strip")).to_have_value("2-4")
    expect(ranges_field(page, "tracking")).to_have_value("")
    expect(timeline).to_be_focused()
    expect(buttons).to_have_text(["Mark bad in Tracking Enter", "Mark bad in Pixel 1", "Remove from Strip 2"])
    press(page, "2", "1", "Enter")
    expect(ranges_field(page, "strip")).to_have_value("")
    expect(ranges_field(page, "pixel")).to_have_value("2-4")
    expect(ranges_field(page, "tracking")).to_have_value("2-4")
    press(page, "Escape", "Home", "ArrowRight", "ArrowRight", "Shift+ArrowLeft", "Shift+ArrowLeft")
    unmark = page.get_by_role("button", name="Unmark in Tracking")
    unmark.click()
    expect(ranges_field(page, "tracking")).to_have_value("4")
    expect(unmark).to_have_count(0)


def test_keys_select_on_the_timeline(page: Page, open_run):
    timeline = open_run(OFF)
    timeline.focus()
    press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    line = page.locator("[data-timeline-line]")
    expect(line).to_have_text("2–4 · 3 LS for Pixel")
    press(page, "Enter")
    expect(ranges_field(page, "pixel")).to_have_value("2-4")
    expect(timeline).to_be_focused()
    press(page, "Shift+End")
    expect(line).to_have_text("2–51 · marked bad in Pixel · 47 LS off anyway, not marked")
    press(page, "Escape", "Home", "Shift+PageDown")
    expect(line).to_contain_text("1–4 · 4 LS for Pixel")
    press(page, "Escape", "Home")
    expect(line).to_have_text("LS 1 · all on · 0.660 /pb in LS 1–4 together")
    press(page, "Enter")
    expect(ranges_field(page, "pixel")).to_have_value("1-4")
    press(page, "Delete")
    expect(ranges_field(page, "pixel")).to_have_value("2-4")
    assert page.evaluate("document.querySelectorAll('[data-ranges-lanes] .s-bad').length") == 1


@pytest.mark.chromium("the driver of Firefox sends no touch")
def test_two_taps_on_a_phone(browser, browser_context_args, shifter, live_server, strict):
    from tests.e2e.conftest import enter

    call_command("read_lumisections", str(RUN))
    context = browser.new_context(**{**browser_context_args, "viewport": {"width": 390, "height": 844}}, has_touch=True)
    page = strict(context.new_page())
    enter(page, live_server.url, shifter)
    page.goto(f"{live_server.url}/certify/{RUN}/express/")
    timeline = page.locator("#lumisections [data-timeline]")
    expect(timeline).to_be_visible()
    for name in ("pixel", "strip", "tracking"):
        page.locator(f"#choice-{name}").get_by_text("Good", exact=True).tap()
    call_command("read_lumisections")  # also the flags of Run Registry, which widen the legend
    expect(page.locator("[data-timeline-flags]")).to_be_visible()
    page.locator("#choice-pixel legend").tap()
    timeline.evaluate("element => element.scrollIntoView({ block: 'start' })")
    hint = page.locator("[data-timeline-line]").evaluate("line => getComputedStyle(line, '::before').content")
    assert hint == '"Tap the first and the last bad lumisection to mark them."'
    page.touchscreen.tap(*place(timeline, 400))
    expect(page.locator("[data-timeline-line]")).to_contain_text("LS ")
    page.touchscreen.tap(*place(timeline, 800))
    expect(page.locator("[data-timeline-line]")).to_contain_text("LS for Pixel")
    legend = page.locator(".timeline-legend .is-selection")
    expect(legend).to_have_text("selected or offered")
    expect(legend).to_be_visible()
    edge = page.locator(".decision").bounding_box()
    boxes = [button.bounding_box() for button in page.locator(".timeline-line button:visible").all()]
    assert edge and len(boxes) == 3
    assert all(box and box["height"] >= 32 and box["y"] + box["height"] <= edge["y"] for box in boxes)
    page.locator("[data-timeline-mark]").tap()
    expect(ranges_field(page, "pixel")).not_to_have_value("")
    timeline.evaluate("element => element.scrollIntoView({ block: 'start' })")
    lanes, panel = page.locator("[data-ranges-lanes]").bounding_box(), page.locator(".decision").bounding_box()
    assert lanes and panel and lanes["height"] and lanes["y"] + lanes["height"] < panel["y"]
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
