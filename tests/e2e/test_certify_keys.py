"""The certify page by keyboard: what the keys do, what is announced, and keys that can be switched off."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from certify.models import TrackerCertification
from certify.vocabulary.models import ChecklistProgress
from tests.e2e.conftest import enter
from tests.factories import BadReasonFactory, ChecklistFactory, PixelProblemFactory, ReconstructionFactory, RunFactory

RUN = 315259


@pytest.fixture(autouse=True)
def _references(sandbox, transactional_db):
    run = RunFactory(run_number=314811)
    for reconstruction in ("express", "prompt"):
        ReconstructionFactory(run=run, reconstruction=reconstruction, reference=True)


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed.append(key)

    def type(self, text: str) -> None:
        """Type a text. Its letters are not counted."""
        self.page.keyboard.type(text)


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def _open(page: Page, address: str) -> None:
    page.goto(f"{address}/certify/{RUN}/express/")
    expect(page.locator("[data-component=pixel]")).to_have_attribute("aria-current", "step")


def _announced(page: Page, text: str) -> None:
    expect(page.locator("[data-announcements]")).to_have_text(text)


def test_bad_run_with_reason_problem_and_comment(page: Page, keyboard, sign_in, shifter, live_server):
    reason, problem = BadReasonFactory(name="High voltage trip"), PixelProblemFactory(name="Layer 1")
    sign_in(shifter)
    _open(page, live_server.url)
    keyboard.press("b")
    _announced(page, "Pixel bad. Now Strip.")
    keyboard.press("b", "b")
    expect(page.locator("[data-why-body]")).to_be_focused()
    keyboard.press("m", "w", "ArrowDown", "Tab")
    expect(page.locator("[name=comment]")).to_have_value("High voltage trip")
    keyboard.press("p", "Space", "c")
    expect(page.locator("[name=comment]")).to_have_value("High voltage trip: ")
    keyboard.type("layer 1 from LS 20 on")
    keyboard.press("Control+Enter")
    page.wait_for_url("**/list/")
    made = TrackerCertification.objects.get()
    assert (made.verdict, made.bad_reason, made.comment) == ("bad", reason, "High voltage trip: layer 1 from LS 20 on")
    assert list(made.pixel_problems.all()) == [problem]
    assert keyboard.pressed.count("Tab") <= 3


def test_what_a_key_has_done_is_announced(page: Page, keyboard, sign_in, shifter, live_server):
    sign_in(shifter)
    _open(page, live_server.url)
    keyboard.press("g")
    _announced(page, "Pixel good. Now Strip.")
    expect(page.locator("[data-component=strip]")).to_have_attribute("aria-current", "step")
    keyboard.press("l")
    _announced(page, "Pixel: low statistics on.")
    keyboard.press("x")
    _announced(page, "Strip excluded. Now Tracking.")
    keyboard.press("ArrowUp")
    _announced(page, "Strip, excluded.")
    keyboard.press("g", "g")
    _announced(page, "Tracking good. Now tracker map.")
    keyboard.press("b")
    _announced(page, "All flags are set. The arrow key up goes back to them.")
    keyboard.press("m", "m")
    _announced(page, "Tracker map missing.")
    assert page.locator("[aria-live=polite][data-announcements]").count() == 1


def test_all_good_needs_each_checklist_to_have_been_open(page: Page, keyboard, sign_in, shifter, live_server):
    for name in ("pixel", "sistrip", "tracking"):
        ChecklistFactory(identifier=name, title=name, text=f"- look at {name}")
    sign_in(shifter)
    _open(page, live_server.url)
    expect(page.get_by_text("look at pixel")).to_be_visible()
    note = page.locator("[data-all-good-note]")
    expect(note).to_have_text("All good first opens Strip's checklist; it sets nothing yet.")
    place = page.locator("#choice-pixel").bounding_box()
    keyboard.press("G")
    is_open = "{}'s checklist is open: go through it, then All good again. Nothing is set yet."
    _announced(page, is_open.format("Strip"))
    expect(note).to_be_visible()
    expect(note).to_have_text(is_open.format("Strip"))
    expect(page.get_by_text("look at sistrip")).to_be_visible()
    expect(page.get_by_text("look at pixel")).to_be_hidden()
    keyboard.press("G")
    expect(page.get_by_text("look at tracking")).to_be_visible()
    assert page.locator("[data-component] input[type=radio]:checked").count() == 0
    expect(note).to_have_text(is_open.format("Tracking"))
    keyboard.press("G")
    _announced(page, "Pixel, Strip, Tracking good. Now tracker map.")
    expect(page.locator("[data-component] input[value=good]:checked")).to_have_count(3)
    expect(note).to_be_empty()
    assert page.locator("#choice-pixel").bounding_box() == place  # no text of the note moves the flags


def test_note_of_all_good_follows_flags_and_lists(page: Page, keyboard, sign_in, shifter, live_server):
    for name in ("pixel", "sistrip", "tracking"):
        ChecklistFactory(identifier=name, title=name, text=f"- look at {name}")
    sign_in(shifter)
    _open(page, live_server.url)
    note = page.locator("[data-all-good-note]")
    expect(note).to_have_text("All good first opens Strip's checklist; it sets nothing yet.")
    keyboard.press("g")  # opens that of Strip
    expect(note).to_have_text("All good first opens Tracking's checklist; it sets nothing yet.")
    keyboard.press("G")
    expect(note).to_contain_text("All good has set nothing yet.")
    keyboard.press("b")
    expect(note).to_be_empty()


def test_chosen_run_type_counts_for_all_good_without_services(page: Page, sandbox, sign_in, shifter, live_server):
    sandbox.faults("oms", "refuse")
    sandbox.faults("registry", "refuse")
    today = dt.datetime.now(dt.UTC).date()
    for name in ("pixel", "sistrip", "tracking"):
        ChecklistFactory(identifier=name, title=name, text=f"- look at {name}")
        ChecklistProgress.objects.create(user=shifter, shift_day=today, run_type="cosmics", checklist=name, edition=1)
    sign_in(shifter)
    _open(page, live_server.url)
    note, needed = page.locator("[data-all-good-note]"), page.locator("label[for=id_run-run_type] [data-required]")
    expect(note).to_contain_text("All good first opens Strip's checklist; it sets nothing yet.")
    expect(needed).to_be_visible()
    page.locator("[name=run-run_type]").select_option("cosmics")
    expect(note).to_be_empty()
    expect(needed).to_be_hidden()


def test_general_checklist_is_listed_until_it_is_ticked(page: Page, keyboard, sign_in, shifter, live_server):
    ChecklistFactory(identifier="general", title="General", text="- look around")
    sign_in(shifter)
    _open(page, live_server.url)
    link = page.locator("[data-missing] a[href='#id_checklist_general']")
    expect(link).to_have_text("General checklist")
    keyboard.press("t", "t")
    expect(link).to_have_count(0)
    expect(page.locator("[name=checklist_general]")).to_be_checked()


def test_caps_lock_does_not_turn_good_into_all_good(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    _open(page, live_server.url)
    page.evaluate("""() => document.body.dispatchEvent(
      new KeyboardEvent("keydown", { key: "G", bubbles: true, modifierCapsLock: true }))""")
    expect(page.locator("[data-component] input:checked")).to_have_count(1)


def test_list_of_keys_and_aria_keyshortcuts_come_from_one_table(page: Page, keyboard, sign_in, shifter, live_server):
    sign_in(shifter)
    _open(page, live_server.url)
    expect(page.locator("[name=strip][value=bad]")).to_have_attribute("aria-keyshortcuts", "b")
    expect(page.locator("[data-all-good]")).to_have_attribute("aria-keyshortcuts", "Shift+G")
    expect(page.locator("[data-save]")).to_have_attribute("aria-keyshortcuts", "Control+Enter")
    keyboard.press("?")
    listed = page.locator("[data-keys-list] dt").all_inner_texts()
    assert listed == sorted(set(listed), key=listed.index)
    assert {"g", "b", "x", "G", "l", "m", "r", "w", "p", "c", "d", "?", "/", "Ctrl+Enter"} <= set(listed)


def test_single_keys_can_be_switched_off_for_good(page: Page, keyboard, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    _open(page, live_server.url)
    page.get_by_label("letter keys").uncheck()
    keyboard.press("g", "m", "?", "/")
    expect(page.locator("[data-component] input:checked")).to_have_count(0)
    expect(page.locator("[data-keys]")).to_be_hidden()
    assert page.evaluate("document.activeElement.name") != "run"
    assert page.locator("[aria-keyshortcuts]").evaluate_all(
        "all => all.map(e => e.getAttribute('aria-keyshortcuts'))"
    ) == ["Control+Enter"]
    page.reload()
    expect(page.get_by_label("letter keys")).not_to_be_checked()
    is_accessible()
    keyboard.press("g")
    expect(page.locator("[data-component] input:checked")).to_have_count(0)
    page.locator("[data-keys-open]").click()
    page.get_by_label("Keys of a single character work").check()
    page.get_by_role("button", name="Close").click()
    keyboard.press("g")
    expect(page.locator("[name=pixel][value=good]")).to_be_checked()


def test_change_makes_a_component_the_current_one(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    _open(page, live_server.url)
    page.evaluate("""() => {
      const radio = document.querySelector("[name=tracking][value=good]");
      radio.checked = true;
      radio.dispatchEvent(new Event("change", { bubbles: true }));
    }""")  # as in Safari, where a click does not focus a radio button
    expect(page.locator("[data-component=tracking]")).to_have_attribute("aria-current", "step")
    expect(page.locator("[data-head-flag=tracking]")).to_have_class("flag is-good")


def test_chosen_flag_and_save_stand_out_in_forced_colours(forced_colours_page, shifter, live_server):
    page = forced_colours_page
    enter(page, live_server.url, shifter)
    _open(page, live_server.url)
    Keyboard(page).press("G", "m")
    background = "e => getComputedStyle(e).backgroundColor"
    chosen, other = (page.locator(f"#choice-pixel .is-{flag}").first.evaluate(background) for flag in ("good", "bad"))
    assert chosen != other
    assert page.locator("[data-save]").evaluate(background) == chosen
    for icon in page.locator(".flag").all():
        assert icon.evaluate("e => getComputedStyle(e, '::before').backgroundColor") != icon.evaluate(background)


def test_radio_buttons_are_required_and_errors_are_read_once(page: Page, keyboard, sign_in, shifter, live_server):
    sign_in(shifter)
    _open(page, live_server.url)
    assert page.locator("[data-component] input[type=radio]:not([required])").count() == 0
    keyboard.press("Control+Enter")
    summary = page.locator("#errors")
    expect(summary).to_be_focused()
    assert page.locator("[role=alert]:visible").count() == 0  # the focus reads it; an alert would read it again
