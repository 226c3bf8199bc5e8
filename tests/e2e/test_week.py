"""The week in a browser: parts load separately, a failing part shows an error, typed text remains."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from shiftleader.parts.registry import PARTS
from tests.factories import CertificationFactory, ChecklistFactory, RunFactory

WEEK = "/shiftleader/?week=2018-W22"


@pytest.fixture
def certified(shifter, transactional_db):
    facts = {"run": {"fill_number": 6714}, "fill": {"bunches_colliding": 1214, "recorded_lumi": 239.8}}
    for day, flag in ((28, "good"), (29, "bad")):
        run = RunFactory()
        CertificationFactory(user=shifter, run=run, date=date(2018, 5, day), facts=facts)
        CertificationFactory(user=shifter, run=run, reconstruction="prompt", pixel=flag, date=date(2018, 5, day))
    CertificationFactory(user=shifter, recorded_lumi=None, date=date(2018, 5, 28))
    CertificationFactory(user=shifter, withdrawn=True)
    ChecklistFactory(identifier="leader", used="week", text="# Monday\n\n- ask on-calls")


@pytest.mark.main
def test_week_with_all_its_parts(page: Page, sign_in, shift_leader, certified, sandbox, live_server, is_accessible):
    sign_in(shift_leader)
    page.goto(live_server.url + WEEK)
    for part in PARTS:
        expect(page.locator(f"#{part.name}")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#overview")).to_contain_text("Changed from express to prompt")
    expect(page.get_by_role("img", name="unknown")).not_to_have_count(0)
    is_accessible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    table = page.locator("#overview .table-scroll").first
    assert table.evaluate("area => area.scrollWidth > area.clientWidth")
    assert "local" in table.evaluate("area => getComputedStyle(area).backgroundAttachment")  # shadows where it goes on


@pytest.mark.cut_off
def test_failing_part_shows_an_error_and_the_others_load(
    page: Page, sign_in, shift_leader, certified, sandbox, live_server
):
    sign_in(shift_leader)
    page.route("**/part/days/*", lambda route: route.abort())
    page.goto(live_server.url + WEEK)
    expect(page.locator("#days")).to_contain_text("Day by day: the server did not answer.")
    expect(page.locator("#days").get_by_role("link", name="Open it alone")).to_be_visible()
    expect(page.locator("#overview")).to_contain_text("collisions")
    expect(page.locator("#withdrawn")).to_contain_text("wrong run")


@pytest.mark.cut_off
def test_note_stays_after_a_failed_save_and_is_saved_on_retry(
    page: Page, sign_in, shift_leader, certified, sandbox, live_server
):
    sign_in(shift_leader)
    page.goto(live_server.url + WEEK)
    notes = page.locator("#notes")
    notes.get_by_label("Summary of the week").fill("A calm week.\n\n0 T until noon.")
    page.route("**/notes/2018-W22/", lambda route: route.abort())
    notes.get_by_role("button", name="Save").click()
    expect(notes).to_contain_text("the server did not answer")
    expect(notes.get_by_label("Summary of the week")).to_have_value("A calm week.\n\n0 T until noon.")
    page.unroute("**/notes/2018-W22/")
    notes.get_by_role("button", name="Save").click()
    expect(notes).to_contain_text("Saved")
    page.reload()
    expect(notes.get_by_label("Summary of the week")).to_have_value("A calm week.\n\n0 T until noon.")


def test_parts_open_on_request_on_a_phone(page: Page, sign_in, shift_leader, certified, live_server):
    sign_in(shift_leader)
    page.set_viewport_size({"width": 390, "height": 844})
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{live_server.url}{WEEK}#fills")
    for shown in ("#overview-body", "#fills-body"):
        expect(page.locator(f"{shown} table").first).to_be_visible()
    runs = page.get_by_role("button", name="List of runs")
    expect(runs).to_have_attribute("aria-expanded", "false")
    assert not any("/part/runs/" in url or "/part/comparison/" in url for url in requests)
    runs.click()
    expect(page.locator("#runs-body table")).to_be_visible()
    runs.click()
    expect(page.locator("#runs-body")).to_be_hidden()
    page.get_by_role("navigation", name="Parts of the week").get_by_role("link", name="Withdrawn").click()
    expect(page.locator("#withdrawn-body")).to_contain_text("wrong run")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{live_server.url}/shiftleader/report/?week=2018-W22")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
