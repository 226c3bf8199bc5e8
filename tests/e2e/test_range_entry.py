"""Bad lumisections in a browser: by keys alone, by mouse on the timeline, and on a phone."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Locator, Page, Route, expect

from certify.models import TrackerCertification
from infrastructure.number_ranges import RangesInvalid, format_ranges, parse_ranges
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

RUN = 315322  # 1364 lumisections: Strip off in 1-22 and 1356-1364
OFF = 316062  # Pixel off in 20 of 24 lumisections with stable beams


@pytest.fixture(autouse=True)
def _references(sandbox, transactional_db):
    run = RunFactory(run_number=314811)
    for reconstruction in ("express", "prompt"):
        ReconstructionFactory(run=run, reconstruction=reconstruction, reference=True)


@pytest.fixture
def open_run(page: Page, sign_in, shifter, live_server):
    """Open the certify page of a run whose lumisections have been read."""

    def open_page(number: int, reconstruction: str = "express") -> Locator:
        call_command("read_lumisections", str(number))
        sign_in(shifter)
        page.goto(f"{live_server.url}/certify/{number}/{reconstruction}/")
        timeline = page.locator("#lumisections [data-timeline]")
        expect(timeline).to_be_visible()
        return timeline

    return open_page


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _field(page: Page, name: str) -> Locator:
    return page.locator(f"[name={name}_ranges]")


def _place(timeline: Locator, number: int, last: int = 1364) -> tuple[float, float]:
    """Return the point of the window at the centre of a lumisection."""
    lanes = timeline.locator("[data-first='1']").bounding_box()
    assert lanes
    return lanes["x"] + lanes["width"] * (number - 0.5) / last, lanes["y"] + 20


def _drag(page: Page, timeline: Locator, first: int, last: int) -> None:
    page.mouse.move(*_place(timeline, first))
    page.mouse.down()
    page.mouse.move(*_place(timeline, (first + last) // 2))
    page.mouse.move(*_place(timeline, last))
    page.mouse.up()


def test_question_about_a_detector_that_was_off_is_answered_by_keys(page: Page, open_run, is_accessible):
    open_run(OFF)
    _press(page, "g", "g", "g", "m")
    question = page.locator("#confirmations-pixel .confirmation")
    expect(question).to_contain_text("Pixel was off in 20 of 24 lumisections with stable beams")
    expect(question).to_contain_text("Judge the other 4 (0.660 /pb).")
    expect(question.locator("strong")).to_have_text("Good all the same")
    box, answer = question.locator("input").bounding_box(), question.locator("strong").bounding_box()
    assert box and answer and box["y"] <= answer["y"] + answer["height"] / 2 <= box["y"] + box["height"]
    _press(page, "y", "y")
    expect(page.locator("[name=confirm_dcs]")).to_be_checked()
    expect(page.locator("#live-checks")).to_be_empty()
    is_accessible()
    _press(page, "Control+Enter")
    page.wait_for_url("**/list/**")
    made = TrackerCertification.objects.get()
    assert (made.verdict, made.confirmed, made.pixel_ranges) == ("good", ["dcs"], [])


@pytest.mark.main
def test_bad_lumisections_by_keys_alone(page: Page, open_run, live_server, is_accessible, colleague, shift_leader):
    open_run(RUN)
    flags = page.locator("#choice-strip .choice-row").bounding_box()
    _press(page, "g", "n")
    expect(_field(page, "strip")).to_be_focused()
    page.keyboard.type("310-330")
    expect(page.locator("#ranges-note-strip")).to_have_text(
        "out: 21 LS, 3.268 /pb of 177.253 /pb; whole run bad: 177.253 /pb"
    )
    assert page.locator("#choice-strip .choice-row").bounding_box() == flags
    is_accessible()
    _press(page, "Enter", "g")
    offer = page.get_by_role("button", name="same for Tracking")
    expect(offer).to_be_visible()
    _press(page, "s")
    expect(offer).to_be_focused()
    _press(page, "s")
    expect(_field(page, "tracking")).to_have_value("310-330")
    expect(page.locator("[data-ranges-counts]")).to_have_text("Strip: 21 badTracking: 21 bad")
    _press(page, "g", "m", "c")
    page.keyboard.type("noise in TOB L3")
    _press(page, "Control+Enter")
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
    _press(page, "g", "n")
    page.keyboard.type("310-330")
    _press(page, "Enter")
    expect(offers).to_have_text(["same for Tracking: 310-330 s"])  # no answer of the server has come
    expect(page.locator("#confirmations-tracking")).to_contain_text("Strip: 310-330 bad.")
    _press(page, "g", "s", "g")
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
    _press(page, "g", "g")
    expect(page.locator("#live-checks")).to_be_empty()
    expect(offer).to_have_count(0)
    _press(page, "g", "m")
    sentence = "Express has 119-121 bad, 3 of them off anyway; not confirmed here yet."
    expect(page.locator("#confirmations-pixel")).to_contain_text(sentence)
    expect(_field(page, "pixel")).to_have_value("")
    is_accessible()
    keys = page.locator("[data-ranges-offer] kbd:visible")
    expect(offer).to_have_count(2)
    expect(keys).to_have_count(1)
    offer.last.focus()
    expect(keys).to_have_count(1)
    expect(offer.last.locator("kbd")).to_be_visible()
    offer.first.focus()
    _press(page, "s")
    expect(_field(page, "pixel")).to_have_value("119-121")
    expect(offer).to_have_count(1)
    _press(page, "s", "s")
    expect(_field(page, "tracking")).to_have_value("140-141")
    expect(offer).to_have_count(0)
    _press(page, "c")
    page.keyboard.type("FPIX off")
    _press(page, "Control+Enter")
    page.wait_for_url("**/list/**")
    made = TrackerCertification.objects.get(runreconstruction__reconstruction="prompt")
    assert (made.pixel_ranges, made.confirmed) == ([[119, 121]], [])


def test_field_gives_back_what_was_there_and_loses_nothing(page: Page, open_run):
    open_run(RUN)
    toggle = page.locator("#choice-pixel [data-ranges-toggle]")
    _press(page, "n")
    page.keyboard.type("310-3")
    _press(page, "Escape")
    expect(_field(page, "pixel")).to_be_hidden()
    expect(toggle).to_be_focused()
    _press(page, "n")
    page.keyboard.type("9")
    _field(page, "pixel").evaluate("field => field.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))")
    _press(page, "Escape")  # also after a return to the window
    expect(_field(page, "pixel")).to_have_value("")
    _press(page, "n")
    page.keyboard.type("310-320, 315")
    expect(page.locator("#ranges-note-pixel")).to_have_text("310-320 and 315 overlap. Write each lumisection once.")
    expect(_field(page, "pixel")).to_have_attribute("aria-invalid", "true")
    _press(page, "Enter", "n")
    page.keyboard.type("9")
    _press(page, "Escape")
    expect(_field(page, "pixel")).to_have_value("310-320, 315")
    _press(page, "g", "g", "g", "m", "Control+Enter")
    expect(page.locator("#errors")).to_contain_text("Pixel bad lumisections")
    expect(_field(page, "pixel")).to_have_value("310-320, 315")
    expect(_field(page, "pixel")).to_be_visible()
    _field(page, "pixel").fill("310-320")
    expect(page.locator("#ranges-note-pixel")).to_contain_text("out: 11 LS")
    expect(_field(page, "pixel")).not_to_have_attribute("aria-invalid", "true")
    page.locator("#choice-pixel").get_by_text("Bad", exact=True).click()
    remove = page.get_by_role("button", name="remove the ranges")
    expect(remove).to_be_visible()
    _press(page, "s", "s")
    expect(_field(page, "pixel")).to_have_value("")
    expect(_field(page, "pixel")).to_be_hidden()
    expect(remove).to_have_count(0)


def test_draft_is_restored_with_its_fields_open(page: Page, open_run):
    open_run(RUN)
    _press(page, "g", "n")
    page.keyboard.type("310-330")
    expect(page.locator("[data-draft-status]")).to_contain_text("draft saved")
    page.reload()
    page.get_by_role("link", name="Restore").click()
    expect(_field(page, "strip")).to_have_value("310-330")
    expect(_field(page, "strip")).to_be_visible()
    expect(_field(page, "pixel")).to_be_hidden()


def test_mouse_selects_and_edges_snap_to_segments(page: Page, open_run, is_accessible):
    timeline = open_run(RUN)
    line, mark = page.locator("[data-timeline-line]"), page.locator("[data-timeline-mark]")
    _press(page, "ArrowDown")  # Strip
    _drag(page, timeline, 1, 300)  # a lumisection is narrower than a pixel, to which Firefox rounds
    expect(line).to_have_text(
        re.compile(r"^1–(29|30)\d · 2[78]\d LS for Strip · 22 LS off anyway, not marked( · Alt: free edges)?$")
    )
    is_accessible()
    places = [mark.bounding_box(), page.locator("#facts").bounding_box()]
    mark.click()
    expect(_field(page, "strip")).to_have_value(re.compile(r"^23-(29|30)\d$"))
    after = [mark.bounding_box(), page.locator("#facts").bounding_box()]
    assert [box and (box["x"], box["y"]) for box in after] == [box and (box["x"], box["y"]) for box in places]
    expect(line).to_contain_text("marked bad in Strip")
    mark.click()
    expect(_field(page, "strip")).to_have_value("")
    page.keyboard.down("Shift")
    page.mouse.click(*_place(timeline, 500))
    page.keyboard.up("Shift")
    expect(line).to_have_text(re.compile(r"^1–(49|50)\d · "))  # from where the drag began
    timeline.focus()
    _press(page, "Escape")
    expect(mark).to_be_hidden()
    _drag(page, timeline, 24, 300)  # two lumisections beside the border of a segment at most
    expect(line).to_have_text(re.compile(r"^23–(29|30)\d · 2[78]\d LS for Strip · Alt: free edges$"))
    page.keyboard.down("Alt")
    _drag(page, timeline, 24, 300)
    page.keyboard.up("Alt")
    expect(line).to_have_text(re.compile(r"^2[2-6]–(29|30)\d · 2[78]\d LS for Strip( · 1 LS off anyway, not marked)?$"))
    page.mouse.click(*_place(timeline, 400))
    expect(mark).to_be_hidden()
    page.keyboard.down("Shift")
    page.mouse.click(*_place(timeline, 500))
    page.keyboard.up("Shift")
    expect(line).to_have_text(re.compile(r"^(39|40)\d–(49|50)\d · (99|10[0-3]) LS for Strip$"))
    _press(page, "Enter")
    expect(_field(page, "strip")).to_have_value(re.compile(r"^(39|40)\d-(49|50)\d$"))
    _press(page, "Delete")
    expect(_field(page, "strip")).to_have_value("")


def test_drag_does_not_shrink_to_the_borders_of_segments(page: Page, open_run):
    timeline = open_run(RUN)
    for first, last in ((6, 40), (100, 125)):
        _drag(page, timeline, first, last)
        text = page.locator("[data-timeline-line]").text_content() or ""
        found = re.match(r"(\d+)–(\d+) · ", text)
        assert found, text
        assert abs(int(found[1]) - first) <= 4 and abs(int(found[2]) - last) <= 4, text  # a pixel and the snap


def test_drag_ends_where_the_button_is_released(page: Page, open_run):
    timeline = open_run(RUN)
    x, y = _place(timeline, 400)
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
    _press(page, "g", "g", "g", "m")
    expect(page.locator("#confirmations-pixel .confirmation")).to_be_visible()
    _press(page, "y", "y")
    expect(page.locator("[name=confirm_dcs]")).to_be_checked()
    expect(page.locator("#live-checks")).to_be_empty()
    timeline.focus()
    _press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Control+Enter")
    sentence = "2-3 are selected but not marked. Mark them (Enter) or drop them (Esc)."
    expect(page.locator("[data-timeline-line]")).to_have_text(sentence)
    missing = page.locator("[data-missing]")
    expect(missing).to_have_text(f"Before it can be saved: {sentence}")
    expect(timeline).to_be_focused()
    is_accessible()
    _press(page, "Escape")
    expect(missing).to_be_empty()
    assert not TrackerCertification.objects.exists()
    _press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Control+Enter")
    expect(missing).to_contain_text(sentence)
    _press(page, "Control+Enter")
    page.wait_for_url("**/list/**")
    assert TrackerCertification.objects.get().out.text == ""


def test_nothing_is_marked_in_a_component_that_is_bad_or_excluded(page: Page, open_run):
    timeline = open_run(OFF)
    buttons, line = page.locator(".timeline-line button:visible"), page.locator("[data-timeline-line]")
    _press(page, "b", "x")
    page.locator("#choice-pixel").get_by_text("Bad", exact=True).click()
    timeline.focus()
    _press(page, "Home", "ArrowRight", "Shift+ArrowRight")
    expect(line).to_have_text("2–3 · Pixel is bad or excluded in the whole run")
    expect(buttons).to_have_text(["Mark bad in Tracking 3"])
    _press(page, "Enter", "2", "3")
    for name, text in {"pixel": "", "strip": "", "tracking": "2-3"}.items():
        expect(_field(page, name)).to_have_value(text)
    page.locator("#choice-tracking").get_by_text("Bad", exact=True).click()
    expect(line).to_have_text("2–3 · marked bad in Tracking")
    expect(buttons).to_have_text(["Remove from Tracking Enter"])


def test_save_does_not_wait_for_what_was_removed_by_button_or_key(page: Page, open_run):
    timeline = open_run(OFF)
    _press(page, "x", "g", "g", "m")
    timeline.focus()
    _press(page, "Home", "Shift+ArrowRight")
    page.get_by_role("button", name="Mark bad in Tracking").focus()
    _press(page, "Enter")
    expect(_field(page, "tracking")).to_have_value("1-2")
    expect(timeline).to_be_focused()
    _press(page, "Delete")
    expect(_field(page, "tracking")).to_have_value("")
    expect(page.get_by_role("button", name="Mark bad in Tracking")).to_be_visible()
    _press(page, "Enter", "Control+Enter")
    expect(page.locator("#errors")).to_contain_text("Comment")  # marked again, so that the server is asked
    _field(page, "tracking").fill("")
    _press(page, "Enter")
    timeline.focus()
    _press(page, "Home", "Delete", "Control+Enter")
    expect(page.locator("#errors")).to_contain_text("A detector was off in many lumisections")
    expect(page.locator("[data-missing]")).to_be_empty()


def test_marks_change_nothing_of_a_text_that_is_refused(page: Page, open_run):
    timeline = open_run(RUN)
    _press(page, "n")
    page.keyboard.type("310-320, 315-340")
    _press(page, "Enter")
    expect(page.locator("[data-ranges-counts]")).to_be_empty()
    timeline.focus()
    _press(page, "Home", *["ArrowRight"] * 40, "Enter")
    expect(_field(page, "pixel")).to_have_value("310-320, 315-340, 41")
    _press(page, "Enter")
    expect(page.locator("[data-timeline-line]")).to_have_text("The ranges of Pixel cannot be read. Correct them first.")
    expect(_field(page, "pixel")).to_have_value("310-320, 315-340, 41")


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


def test_selection_is_marked_in_any_component_and_unmarked_in_part(page: Page, open_run):
    timeline = open_run(OFF)
    _press(page, "g", "g", "g")
    timeline.focus()
    _press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    buttons = page.locator(".timeline-line button:visible")
    expect(buttons).to_have_text(["Mark bad in Tracking Enter", "Mark bad in Pixel 1", "Mark bad in Strip 2"])
    page.get_by_role("button", name="Mark bad in Strip").click()
    expect(_field(page, "strip")).to_have_value("2-4")
    expect(_field(page, "tracking")).to_have_value("")
    expect(timeline).to_be_focused()
    expect(buttons).to_have_text(["Mark bad in Tracking Enter", "Mark bad in Pixel 1", "Remove from Strip 2"])
    _press(page, "2", "1", "Enter")
    expect(_field(page, "strip")).to_have_value("")
    expect(_field(page, "pixel")).to_have_value("2-4")
    expect(_field(page, "tracking")).to_have_value("2-4")
    _press(page, "Escape", "Home", "ArrowRight", "ArrowRight", "Shift+ArrowLeft", "Shift+ArrowLeft")
    unmark = page.get_by_role("button", name="Unmark in Tracking")
    unmark.click()
    expect(_field(page, "tracking")).to_have_value("4")
    expect(unmark).to_have_count(0)


def test_refused_save_shows_the_first_field_with_an_error(page: Page, open_run):
    open_run(RUN)
    _field(page, "strip").evaluate("field => { field.value = '310-330'; }")
    _press(page, "g", "g", "g", "m", "Control+Enter")
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


def test_keys_select_on_the_timeline(page: Page, open_run):
    timeline = open_run(OFF)
    timeline.focus()
    _press(page, "Home", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    line = page.locator("[data-timeline-line]")
    expect(line).to_have_text("2–4 · 3 LS for Pixel")
    _press(page, "Enter")
    expect(_field(page, "pixel")).to_have_value("2-4")
    expect(timeline).to_be_focused()
    _press(page, "Shift+End")
    expect(line).to_have_text("2–51 · marked bad in Pixel · 47 LS off anyway, not marked")
    _press(page, "Escape", "Home", "Shift+PageDown")
    expect(line).to_contain_text("1–4 · 4 LS for Pixel")
    _press(page, "Escape", "Home")
    expect(line).to_have_text("LS 1 · all on · 0.660 /pb in LS 1–4 together")
    _press(page, "Enter")
    expect(_field(page, "pixel")).to_have_value("1-4")
    _press(page, "Delete")
    expect(_field(page, "pixel")).to_have_value("2-4")
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
    page.touchscreen.tap(*_place(timeline, 400))
    expect(page.locator("[data-timeline-line]")).to_contain_text("LS ")
    page.touchscreen.tap(*_place(timeline, 800))
    expect(page.locator("[data-timeline-line]")).to_contain_text("LS for Pixel")
    legend = page.locator(".timeline-legend .is-selection")
    expect(legend).to_have_text("selected or offered")
    expect(legend).to_be_visible()
    edge = page.locator(".decision").bounding_box()
    boxes = [button.bounding_box() for button in page.locator(".timeline-line button:visible").all()]
    assert edge and len(boxes) == 3
    assert all(box and box["height"] >= 32 and box["y"] + box["height"] <= edge["y"] for box in boxes)
    page.locator("[data-timeline-mark]").tap()
    expect(_field(page, "pixel")).not_to_have_value("")
    timeline.evaluate("element => element.scrollIntoView({ block: 'start' })")
    lanes, panel = page.locator("[data-ranges-lanes]").bounding_box(), page.locator(".decision").bounding_box()
    assert lanes and panel and lanes["height"] and lanes["y"] + lanes["height"] < panel["y"]
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
