"""The timeline of lumisections on the certify page: read on request, named by pointer and keys, in narrow windows."""

from __future__ import annotations

from itertools import product

import pytest
from django.core.management import call_command
from playwright.sync_api import Locator, Page, expect

from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

RUN = 316062
WITHOUT_NOTES = 315270
PATH = f"/certify/{RUN}/express/"


@pytest.fixture
def timeline(page: Page, sign_in, shifter, sandbox, live_server, transactional_db) -> Locator:
    """The panel of the timeline on the certify page of a run that has been read after the page asked for it."""
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    sign_in(shifter)
    page.goto(live_server.url + PATH)
    panel = page.locator("#lumisections")
    expect(panel).to_contain_text(f"The lumisections of run {RUN} are being read.")
    call_command("read_lumisections")
    expect(panel.get_by_role("heading")).to_have_text("Lumisections 1–26")
    return panel


def test_timeline_comes_when_it_has_been_read_and_names_each_lumisection(page: Page, timeline, is_accessible):
    line, picture = timeline.locator("[data-timeline-line]"), timeline.get_by_role("img", name="Lumisections 1 to 26")
    expect(timeline).to_contain_text("4 of 26 lumisections with the whole Tracker on · 0.660 of 3.614 /pb")
    picture.focus()
    page.keyboard.press("Home")
    expect(line).to_have_text("LS 1 · all on · 0.660 /pb in LS 1–4 together")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(line).to_contain_text("LS 5 · off: BPIX, FPIX · the others on")
    page.keyboard.press("End")
    expect(line).to_have_text("LS 51 · all off")
    lanes = timeline.locator("[data-first='1']").bounding_box()
    page.mouse.move(lanes["x"] + lanes["width"] * 23.5 / 26, lanes["y"] + 5)
    expect(line).to_contain_text("LS 24 · off: BPIX, FPIX, TIB/TID, TOB, TEC+, TEC− · the others on")
    timeline.get_by_text("As table").click()
    expect(timeline.locator("tbody tr").first).to_have_text("1–4onononononononon0.660")
    is_accessible()


def test_lane_of_bad_lumisections_is_named_by_the_keys(
    page: Page, sign_in, shifter, live_server, transactional_db, is_accessible
):
    row = CertificationFactory(lumisections=4, strip_ranges=[[2, 2]], tracking_ranges=[[2, 3]])
    rows = [LumisectionRow(number, (True,) * 8, None, 0.5) for number in range(1, 5)]
    store_lumisections(row.run_number, rows, row.updated_at)
    sign_in(shifter)
    page.goto(f"{live_server.url}/list/{row.pk}/")
    panel = page.locator("[data-lumisections]")
    expect(panel).to_be_in_viewport(ratio=1)  # without scrolling
    panel.get_by_role("img", name="Lumisections 1 to 4").focus()
    page.keyboard.press("Home")
    expect(panel.locator("[data-timeline-line]")).to_have_text("LS 1 · all on · 2.000 /pb in LS 1–4 together")
    page.keyboard.press("ArrowRight")
    expect(panel.locator("[data-timeline-line]")).to_contain_text("· bad: Strip, Tracking")
    page.keyboard.press("ArrowRight")
    expect(panel.locator("[data-timeline-line]")).to_contain_text("· bad: Tracking")
    panel.get_by_text("As table").click()
    expect(panel.locator("[data-timeline-bad] tbody tr")).to_have_text(["Strip20.500", "Tracking2–31.000"])
    is_accessible()


def test_flags_of_run_registry_come_with_the_last_flag(page: Page, timeline):
    expect(timeline).to_contain_text("after your flags")
    for key in ("g", "g", "g"):
        expect(timeline.locator("[data-timeline-flags]")).to_have_count(0)
        page.keyboard.press(key)
    expect(timeline.locator("[data-timeline-flags]")).to_have_count(1)
    timeline.get_by_role("img", name="Lumisections 1 to 26").focus()
    page.keyboard.press("End")
    expect(timeline.locator("[data-timeline-line]")).to_contain_text("RR STANDBY: Pixel, Strip")


def test_opinion_compares_lumisections_as_soon_as_they_are_read(page: Page, sign_in, shifter, sandbox, live_server):
    ReconstructionFactory(run=RunFactory(run_number=314811), reconstruction="rereco", reference=True)
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/{WITHOUT_NOTES}/rereco/")
    expect(page.locator("#lumisections")).to_contain_text("are being read.")
    page.locator("[name=tracking_ranges]").evaluate("field => { field.value = '630-655'; }")
    for key in ("g", "g", "g"):
        page.keyboard.press(key)
    opinions = page.locator("#other-opinions")
    expect(opinions).to_contain_text("Tracking mixed, 30 of 663 bad (its lumisections are not read yet)")
    call_command("read_lumisections")
    expect(opinions).to_contain_text("Tracking mixed, 30 of 663 bad (differs in 630-633)")


def test_timeline_of_the_reference_is_shown_below(page: Page, timeline):
    page.get_by_role("link", name="Its lumisections").click()
    expect(page.locator("#reference-lumisections")).to_contain_text("The lumisections of run 314811 are being read.")
    call_command("read_lumisections")
    expect(page.locator("#reference-lumisections h2")).to_contain_text("Lumisections of the reference 314811")


def test_timeline_fits_its_column(page: Page, timeline):
    for width, scheme in product((390, 1024, 1440), ("Light", "Dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.get_by_role("button", name=scheme).click()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        names, picture, counts = (
            timeline.locator(name).bounding_box() for name in (".timeline-names", "[data-timeline]", ".timeline-counts")
        )
        assert names["x"] + names["width"] <= picture["x"] + 0.5, (width, scheme)
        assert picture["x"] + picture["width"] <= counts["x"] + 0.5, (width, scheme)
        assert names["height"] <= picture["height"], (width, scheme)


def test_timeline_without_javascript_is_a_page(open_browser, shifter, sandbox, live_server, transactional_db):
    RunFactory(run_number=RUN)
    page = open_browser(shifter)
    page.goto(f"{PATH}lumisections/")
    call_command("read_lumisections", str(RUN))
    page.reload()
    expect(page.get_by_role("heading", level=2, name="Lumisections 1–26")).to_be_visible()


def test_nothing_moves_when_the_timeline_comes(page: Page, sign_in, shifter, sandbox, live_server, transactional_db):
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/{WITHOUT_NOTES}/express/")
    panel, facts = page.locator("#lumisections"), page.locator("#facts")
    expect(panel).to_contain_text("are being read.")
    before = facts.bounding_box()
    call_command("read_lumisections")
    expect(panel.locator("[data-timeline]")).to_be_visible()
    assert facts.bounding_box()["y"] == pytest.approx(before["y"], abs=0.5)


@pytest.mark.cut_off
def test_error_of_the_server_is_a_sentence_in_its_place(
    page: Page, sign_in, shifter, sandbox, live_server, transactional_db
):
    sign_in(shifter)
    page.route("**/lumisections/**", lambda route: route.abort())
    page.goto(live_server.url + PATH)
    panel = page.locator("#lumisections")
    expect(panel).to_contain_text("The lumisections are not shown: the server did not answer.")
    expect(panel).not_to_have_attribute("aria-busy", "true")
