"""The certify page in a browser: at every width nothing is cut off, and run, flags and save stay in view."""

from __future__ import annotations

from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import enter
from tests.factories import (
    CertificationFactory,
    ChecklistFactory,
    FillFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
)

RUN = 315259
ADDRESS = f"/certify/{RUN}/express/?runs=315257-315270"
WIDTHS = (*range(320, 1100, 20), 961, 1023, 1085, *range(1100, 2561, 130), 2560)

# Names of the controls that are cut off, covered by their neighbour or outside of the window.
CUT_OFF = """() => {
  const name = (e) => `${e.className || e.id || e.tagName}: ${e.textContent.trim().slice(0, 30)}`;
  const isShown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)].filter(isShown);
  const controls = all("main :is(a, button, label, select, summary, textarea, .flag, .choice-note, legend, h1)");
  const wide = controls.filter((e) => {
    const { left, right } = e.getBoundingClientRect();
    const holdsText = !e.matches("select, textarea, .visually-hidden") && getComputedStyle(e).display !== "inline";
    const edge = document.documentElement.clientWidth;
    return left < 0 || right > edge + 0.5 || (holdsText && e.scrollWidth > e.clientWidth + 1);
  });
  const covered = all(".choice").flatMap((row) => {
    const parts = all("legend, .choice-button, .choice-lowstat, .choice-note", row);
    return parts.filter((part) => parts.some((other) => {
      const [a, b] = [part.getBoundingClientRect(), other.getBoundingClientRect()];
      return part !== other && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    }));
  });
  return [...wide, ...covered].map(name);
}"""

PLACES = """() => [...document.querySelectorAll(".choice, .choice-button, .facts-groups, .certify-foot")]
  .map((e) => JSON.stringify(e.getBoundingClientRect()))"""


@pytest.fixture(autouse=True)
def _reference(sandbox, transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)


def _resize(page: Page, width: int, height: int = 900) -> None:
    """Set the size of the window and wait until the page is laid out."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _is_in_view(page: Page, selector: str) -> bool:
    box = page.locator(selector).first.bounding_box()
    assert page.viewport_size is not None
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"] + 0.5


def test_no_control_is_cut_off_at_any_width(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + ADDRESS)
    page.keyboard.press("b")
    expect(page.locator("[data-why]")).to_have_attribute("open", "")
    for width in WIDTHS:
        _resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(CUT_OFF) == [], width


def test_run_flags_reference_and_save_stay_in_view_while_the_page_scrolls(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + ADDRESS)
    fixed = ("h1", ".head-flags", ".head-reference", ".certify-position", ".certify-subject", "[data-save]")
    places = product((320, 390, 720, 900, 901, 1024, 1200, 1440, 1920), ("0", "300", "document.body.scrollHeight"))
    for width, position in places:
        _resize(page, width, 700)
        page.evaluate(f"scrollTo(0, {position})")
        _resize(page, width, 700)
        assert [selector for selector in fixed if not _is_in_view(page, selector)] == [], (width, position)


def test_flags_are_on_the_first_screen_at_twice_the_size_with_a_draft_on_offer(
    page: Page, sign_in, shifter, live_server
):
    sign_in(shifter)
    page.goto(live_server.url + ADDRESS)
    page.locator("[name=comment]").fill("not finished")
    expect(page.locator("[data-draft-status]")).to_contain_text("draft saved")
    _resize(page, 720, 450)  # a window of 1440 × 900 at 200 %
    page.goto(live_server.url + ADDRESS)
    expect(page.locator(".draft-offer")).to_be_visible()
    for component in ("pixel", "strip", "tracking"):
        assert _is_in_view(page, f"#choice-{component}")


def test_width_of_a_large_window_is_used(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + ADDRESS)
    for width, used in ((1440, 1280), (1920, 1680)):
        _resize(page, width)
        left, right = (page.locator(name).bounding_box() for name in (".certify-data", ".certify-decision"))
        assert left and right
        assert right["x"] + right["width"] - left["x"] == used
    _resize(page, 1440)
    dataset, facts = (page.locator(".certify-subject span").nth(index).bounding_box() for index in (0, 1))
    assert dataset and facts
    assert dataset["y"] < facts["y"]  # two lines, also without the time that is left beside them


def test_decision_is_at_the_lower_edge_of_a_narrow_window(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url + ADDRESS)
    _resize(page, 901)
    assert page.locator(".decision").evaluate("panel => getComputedStyle(panel).position") == "static"
    for width, height in ((900, 700), (390, 844), (320, 640)):
        _resize(page, width, height)
        box = page.locator(".decision").bounding_box()
        assert box
        assert box["y"] + box["height"] == height
        assert box["height"] <= 0.62 * height + 1
        reference, facts = (page.locator(name).bounding_box() for name in (".decision-reference", "#facts"))
        assert reference and facts
        assert reference["y"] + reference["height"] <= facts["y"]
    page.locator("[name=date]").focus()  # below the edge of the panel
    assert _is_in_view(page, "[name=date]")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    footer, panel = (page.locator(name).bounding_box() for name in (".site-footer", ".decision"))
    assert footer and panel
    assert footer["y"] + footer["height"] <= panel["y"] + 0.5


def test_save_is_in_view_whatever_stands_above_the_form(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/{RUN}/express/")
    assert _is_in_view(page, "[data-save]")
    page.keyboard.press("b")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_visible()
    assert _is_in_view(page, "[data-save]")
    expect(page.locator("#live-checks li")).not_to_have_count(0)
    # Whole, each bullet beside the first line of its item; on a phone with shadows where the list goes on.
    assert page.locator("#live-checks").evaluate("list => list.scrollHeight <= list.clientHeight")
    assert page.locator("#live-checks a").first.evaluate("link => getComputedStyle(link).display") == "block"
    assert "local" in page.locator("#live-checks").evaluate("list => getComputedStyle(list).backgroundAttachment")
    page.locator("[name=date]").focus()  # the focused field is not covered by the buttons
    assert (
        page.evaluate("document.activeElement.getBoundingClientRect().bottom")
        < (page.locator(".certify-foot").bounding_box()["y"])
    )


def test_problems_are_large_enough_and_above_the_save_bar(page: Page, sign_in, shifter, live_server):
    for number in range(30):
        PixelProblemFactory(name=f"Problem {number}")
    sign_in(shifter)
    page.goto(live_server.url + ADDRESS)
    page.set_viewport_size({"width": 1024, "height": 600})
    page.keyboard.press("b")
    boxes = page.locator("[name=pixel_problems]")
    assert page.locator(".problem:visible").evaluate_all("all => Math.min(...all.map((e) => e.offsetHeight))") >= 24
    boxes.last.focus()
    box, foot = boxes.last.bounding_box(), page.locator(".certify-foot").bounding_box()
    assert box and foot
    assert box["y"] + box["height"] <= foot["y"]


def test_checklist_unfolds_without_moving_anything(page: Page, sign_in, shifter, live_server):
    for name, items in (("pixel", 2), ("sistrip", 9), ("tracking", 4), ("trackermap", 1)):
        ChecklistFactory(
            identifier=name, title=name, text="\n".join(f"- look at {name} {item}" for item in range(items))
        )
    sign_in(shifter)
    page.goto(live_server.url + ADDRESS)
    before = page.evaluate(PLACES)
    for name in ("sistrip", "tracking", "trackermap"):
        page.keyboard.press("ArrowDown")
        expect(page.locator(f"[data-checklist^={name}-]")).to_be_visible()
        expect(page.locator("[data-checklist-of][data-current]")).to_have_count(1)
        assert page.evaluate(PLACES) == before


def test_name_of_the_person_who_typed_a_value_fits_its_column(page: Page, sign_in, shifter, live_server):
    typed = {"by": "somebody-with-a-long-name", "at": "2018-04-27T18:20:00+00:00", "value": 3.7}
    RunFactory(run_number=RUN, fill=FillFactory(), b_field=3.7, typed={"b_field": typed})
    sign_in(shifter)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_server.url}/certify/{RUN}/express/")
        fits = "tag => tag.getBoundingClientRect().right <= tag.closest('section').getBoundingClientRect().right"
        assert page.locator(".fact-source .tag").evaluate(fits)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_page_fits_when_the_browser_has_text_of_twice_the_size(page_with_text, shifter, live_server):
    page = page_with_text(32)
    enter(page, live_server.url, shifter)
    page.goto(live_server.url + ADDRESS)
    for width in (320, 390, 800, 1024, 1440, 1920):
        _resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == [], width


def test_inputs_for_facts_stand_in_columns(page: Page, sign_in, shifter, sandbox, live_server):
    sandbox.faults("oms", "refuse")
    ChecklistFactory(identifier="pixel", title="Pixel", text="- look around")
    sign_in(shifter)
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(live_server.url + ADDRESS)
        inputs = page.locator(".fact-input > :is(input, select):first-child")
        places = inputs.evaluate_all("all => all.map((e) => `${e.offsetWidth} at ${e.getBoundingClientRect().left}`)")
        assert len(places) > 8
        assert len(set(places)) == 1, width
        labels = page.locator(".fact dt label").evaluate_all("all => all.map((e) => e.getClientRects().length)")
        assert set(labels) == {1}, width
        assert page.locator(".certify-notice.notice-warning:visible").count() == 1
        tops = "all => all.map((e) => e.getBoundingClientRect().top)"
        checklists, facts = page.locator(".checklists, #facts").evaluate_all(tops)
        assert checklists < facts, width


def test_table_of_the_other_reconstruction_hides_no_row_under_its_head(page: Page, sign_in, shifter, live_server):
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="express", strip="bad")
    sign_in(shifter)
    page.set_viewport_size({"width": 1024, "height": 500})
    page.goto(f"{live_server.url}/certify/{RUN}/prompt/")
    for _ in range(3):
        page.keyboard.press("g")
    expect(page.locator("#confirm_counterpart")).to_be_visible()
    head, row = (page.locator(f"#counterpart {name} tr").first for name in ("thead", "tbody"))
    page.locator("#confirm_counterpart").scroll_into_view_if_needed()
    boxes = head.bounding_box(), row.bounding_box()
    assert boxes[0] and boxes[1]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 0.5
