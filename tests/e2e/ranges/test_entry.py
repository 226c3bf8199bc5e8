"""Bad lumisections are typed, offered and refused beside their component."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import Page, Route, expect

from certify.models import TrackerCertification
from infrastructure.number_ranges import RangesInvalid, format_ranges, parse_ranges
from tests.e2e.ranges.page import OFF, RUN, press, ranges_field
from tests.factories import CertificationFactory, RunFactory


def test_question_about_a_detector_that_was_off_is_answered_by_keys(page: Page, open_run, is_accessible):
    open_run(OFF)
    press(page, "g", "g", "g", "m")
    question = page.locator("#confirmations-pixel .confirmation")
    expect(question).to_contain_text("Pixel was off in 20 of 24 lumisections with stable beams")
    expect(question).to_contain_text("Judge the other 4 (0.660 /pb).")
    expect(question.locator("strong")).to_have_text("Good all the same")
    box, answer = question.locator("input").bounding_box(), question.locator("strong").bounding_box()
    assert box and answer and box["y"] <= answer["y"] + answer["height"] / 2 <= box["y"] + box["height"]
    press(page, "y", "y")
    expect(page.locator("[name=confirm_dcs]")).to_be_checked()
    expect(page.locator("#live-checks")).to_be_empty()
    is_accessible()
    press(page, "Control+Enter")
    page.wait_for_url("**/list/**")
    made = TrackerCertification.objects.get()
    assert (made.verdict, made.confirmed, made.pixel_ranges) == ("good", ["dcs"], [])


@pytest.mark.main
def test_bad_lumisections_by_keys_alone(page: Page, open_run, live_server, is_accessible, colleague, shift_leader):
    open_run(RUN)
    flags = page.locator("#choice-strip .choice-row").bounding_box()
    press(page, "g", "n")
    expect(ranges_field(page, "strip")).to_be_focused()
    page.keyboard.type("310-330")
    expect(page.locator("#ranges-note-strip")).to_have_text(
        "out: 21 LS, 3.268 /pb of 177.253 /pb; whole run bad: 177.253 /pb"
    )
    assert page.locator("#choice-strip .choice-row").bounding_box() == flags
    is_accessible()
    press(page, "Enter", "g")
    offer = page.get_by_role("button", name="same for Tracking")
    expect(offer).to_be_visible()
    press(page, "s")
    expect(offer).to_be_focused()
    press(page, "s")
    expect(ranges_field(page, "tracking")).to_have_value("310-330")
    expect(page.locator("[data-ranges-counts]")).to_have_text("Strip: 21 badTracking: 21 bad")
    press(page, "g", "m", "c")
    page.keyboard.type("noise in TOB L3")
    press(page, "Control+Enter")
    page.wait_for_url("**/list/**")
    made = TrackerCertification.objects.get()
    assert made.verdict == "good"
    assert (made.pixel_ranges, made.strip_ranges, made.tracking_ranges) == ([], [[310, 330]], [[310, 330]])
    out = "21 of 1364 LS and 3.268 /pb out (Strip, Tracking)"
    page.goto(f"{live_server.url}/list/")
    expect(page.locator(f'tr[data-run="{RUN}"]')).to_contain_text(out)
    exported = page.request.get(f"{live_server.url}/list/?export=csv").text()
    row = next(csv.DictReader(io.StringIO(exported.removeprefix("\ufeff"))))
    assert (row["strip_ranges"], row["lumisections_out"]) == ("310-330", "21")
    assert float(row["lumi_out_per_pb"]) == pytest.approx(3.268, abs=0.001)
    page.goto(f"{live_server.url}/certify/{OFF}/express/")
    last_save, switch = (
        page.locator(".last-save").bounding_box(),
        page.locator(".certify-notes .letter-keys").bounding_box(),
    )
    assert last_save and switch and switch["y"] < last_save["y"] + last_save["height"]  # in one line
    week = colleague(shift_leader)
    week.goto(f"{live_server.url}/shiftleader/part/certifications/?week={made.date:%G-W%V}")
    expect(week.locator("main")).to_contain_text(out)


def test_ranges_that_tracking_requires_are_offered_at_once_and_once(page: Page, open_run):
    open_run(RUN)
    offers = page.locator("[data-ranges-offer]")
    live_checks: list[Route] = []

    def delay(route: Route) -> None:
        live_checks.append(route)

    page.route(lambda url: "/certify/" in url and "lumisections" not in url, delay)
    press(page, "g", "n")
    page.keyboard.type("310-330")
    press(page, "Enter")
    expect(offers).to_have_text(["same for Tracking: 310-330 s"])  # no answer of the server has come
    expect(page.locator("#confirmations-tracking")).to_contain_text("Strip: 310-330 bad.")
    press(page, "g", "s", "g")
    expect(offers).to_be_focused()
    page.unroute_all()
    for route in live_checks:
        route.continue_()
    expect(page.locator("#confirmations-tracking")).to_contain_text("Tracking is good in 310-330, where Strip is bad.")
    expect(offers).to_have_text(["same for Tracking: 310-330 s"])
    expect(offers).to_be_focused()
    page.locator("#choice-strip").get_by_text("Bad", exact=True).click()
    expect(offers).to_have_count(0)


def test_ranges_of_express_are_offered_to_prompt_and_taken_by_key(page: Page, open_run, is_accessible):
    CertificationFactory(
        run=RunFactory(run_number=RUN),
        reconstruction="express",
        pixel_ranges=[[119, 121]],
        tracking_ranges=[[140, 141]],
        comment="FPIX off",
    )
    open_run(RUN, "prompt")
    offer = page.get_by_role("button", name="take from Express")
    press(page, "g", "g")
    expect(page.locator("#live-checks")).to_be_empty()
    expect(offer).to_have_count(0)
    press(page, "g", "m")
    sentence = "Express has 119-121 bad, 3 of them off anyway; not confirmed here yet."
    expect(page.locator("#confirmations-pixel")).to_contain_text(sentence)
    expect(ranges_field(page, "pixel")).to_have_value("")
    is_accessible()
    keys = page.locator("[data-ranges-offer] kbd:visible")
    expect(offer).to_have_count(2)
    expect(keys).to_have_count(1)
    offer.last.focus()
    expect(keys).to_have_count(1)
    expect(offer.last.locator("kbd")).to_be_visible()
    offer.first.focus()
    press(page, "s")
    expect(ranges_field(page, "pixel")).to_have_value("119-121")
    expect(offer).to_have_count(1)
    press(page, "s", "s")
    expect(ranges_field(page, "tracking")).to_have_value("140-141")
    expect(offer).to_have_count(0)
    press(page, "c")
    page.keyboard.type("FPIX off")
    press(page, "Control+Enter")
    page.wait_for_url("**/list/**")
    made = TrackerCertification.objects.get(runreconstruction__reconstruction="prompt")
    assert (made.pixel_ranges, made.confirmed) == ([[119, 121]], [])


def test_field_gives_back_what_was_there_and_loses_nothing(page: Page, open_run):
    open_run(RUN)
    toggle = page.locator("#choice-pixel [data-ranges-toggle]")
    press(page, "n")
    page.keyboard.type("310-3")
    press(page, "Escape")
    expect(ranges_field(page, "pixel")).to_be_hidden()
    expect(toggle).to_be_focused()
    press(page, "n")
    page.keyboard.type("9")
    ranges_field(page, "pixel").evaluate("field => field.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))")
    press(page, "Escape")  # also after a return to the window
    expect(ranges_field(page, "pixel")).to_have_value("")
    press(page, "n")
    page.keyboard.type("310-320, 315")
    expect(page.locator("#ranges-note-pixel")).to_have_text("310-320 and 315 overlap. Write each lumisection once.")
    expect(ranges_field(page, "pixel")).to_have_attribute("aria-invalid", "true")
    press(page, "Enter", "n")
    page.keyboard.type("9")
    press(page, "Escape")
    expect(ranges_field(page, "pixel")).to_have_value("310-320, 315")
    press(page, "g", "g", "g", "m", "Control+Enter")
    expect(page.locator("#errors")).to_contain_text("Pixel bad lumisections")
    expect(ranges_field(page, "pixel")).to_have_value("310-320, 315")
    expect(ranges_field(page, "pixel")).to_be_visible()
    ranges_field(page, "pixel").fill("310-320")
    expect(page.locator("#ranges-note-pixel")).to_contain_text("out: 11 LS")
    expect(ranges_field(page, "pixel")).not_to_have_attribute("aria-invalid", "true")
    page.locator("#choice-pixel").get_by_text("Bad", exact=True).click()
    remove = page.get_by_role("button", name="remove the ranges")
    expect(remove).to_be_visible()
    press(page, "s", "s")
    expect(ranges_field(page, "pixel")).to_have_value("")
    expect(ranges_field(page, "pixel")).to_be_hidden()
    expect(remove).to_have_count(0)


def test_draft_is_restored_with_its_fields_open(page: Page, open_run):
    open_run(RUN)
    press(page, "g", "n")
    page.keyboard.type("310-330")
    expect(page.locator("[data-draft-status]")).to_contain_text("draft saved")
    page.reload()
    page.get_by_role("link", name="Restore").click()
    expect(ranges_field(page, "strip")).to_have_value("310-330")
    expect(ranges_field(page, "strip")).to_be_visible()
    expect(ranges_field(page, "pixel")).to_be_hidden()


def test_save_does_not_wait_for_what_was_removed_by_button_or_key(page: Page, open_run):
    timeline = open_run(OFF)
    press(page, "x", "g", "g", "m")
    timeline.focus()
    press(page, "Home", "Shift+ArrowRight")
    page.get_by_role("button", name="Mark bad in Tracking").focus()
    press(page, "Enter")
    expect(ranges_field(page, "tracking")).to_have_value("1-2")
    expect(timeline).to_be_focused()
    press(page, "Delete")
    expect(ranges_field(page, "tracking")).to_have_value("")
    expect(page.get_by_role("button", name="Mark bad in Tracking")).to_be_visible()
    press(page, "Enter", "Control+Enter")
    expect(page.locator("#errors")).to_contain_text("Comment")  # marked again, so that the server is asked
    ranges_field(page, "tracking").fill("")
    press(page, "Enter")
    timeline.focus()
    press(page, "Home", "Delete", "Control+Enter")
    expect(page.locator("#errors")).to_contain_text("A detector was off in many lumisections")
    expect(page.locator("[data-missing]")).to_be_empty()


READABLE = ("", "7", "352 310-330", "310 – 330;352,", "310-330, 331-340", "0310-0330", "310 -330", "1\n2\t3")

REFUSED = ("310-", "-5", "5--6", "0-5", "330-310", "3.5", "٣", "12345678", "7, 7", "310-330, 320", "1 - 2 - 3", "all")


def test_browser_reads_ranges_as_the_server_does(page: Page, open_run):
    open_run(RUN)
    texts = [*READABLE, *REFUSED]

    def read_by_server(text: str) -> str | None:
        try:
            return format_ranges(parse_ranges(text))
        except RangesInvalid:
            return None

    script = """text => {
        const { ranges, isReadable } = numberRanges.parse(text);
        return isReadable ? numberRanges.format(ranges) : null;
    }"""
    assert {text: page.evaluate(script, text) for text in texts} == {text: read_by_server(text) for text in texts}


def test_refused_save_shows_the_first_field_with_an_error(page: Page, open_run):
    open_run(RUN)
    ranges_field(page, "strip").evaluate("field => { field.value = '310-330'; }")
    press(page, "g", "g", "g", "m", "Control+Enter")
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#live-checks")).to_contain_text("need a reason or a comment")
    expect(page.locator("[data-trackermap]")).to_have_attribute("aria-current", "step")
    page.locator("#live-checks a[href='#id_comment']").click()
    expect(page).to_have_url(re.compile(r"/express/$"))  # without "#id_comment"
    bottom = "document.querySelector('footer').getBoundingClientRect().bottom + scrollY"
    assert page.evaluate(f"document.documentElement.scrollHeight - ({bottom})") < 40
    comment = page.locator("[name=comment]")
    expect(comment).to_be_in_viewport(ratio=1)
    field, foot = comment.bounding_box(), page.locator("[data-foot]").bounding_box()
    assert field and foot and field["y"] + field["height"] <= foot["y"] + 1
