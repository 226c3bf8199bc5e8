"""Checklists and problems in a browser: edited with a preview, ticked by keyboard, summarized when chosen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from certify.models import Checklist, StripProblem, TrackerCertification
from certify.vocabulary.models import ChecklistProgress
from tests.factories import (
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
)


def test_shift_leader_edits_vocabulary_on_accessible_pages(
    page: Page, sign_in, shift_leader, live_server, is_accessible
):
    ChecklistFactory(identifier="pixel", title="Pixel", text="- one")
    problem = PixelProblemFactory(name="Layer 1", description="inner", what_to_do="look")
    PixelProblemFactory(name="Module", parent=problem)
    sign_in(shift_leader)
    for address in ("checklists/", "checklists/pixel/", "problems/", f"problems/pixel/{problem.pk}/"):
        page.goto(f"{live_server.url}/{address}")
        expect(page.locator("h1")).to_have_count(1)
        is_accessible()
    page.goto(f"{live_server.url}/checklists/pixel/edit/")
    page.get_by_label("Text").fill("## Barrel\n- one **bold**\n- two")
    expect(page.locator("#preview h3")).to_have_text("Barrel")
    expect(page.locator("#preview strong")).to_have_text("bold")
    is_accessible()
    assert Checklist.objects.get().text == "- one"
    page.get_by_role("button", name="Save as the next edition").click()
    expect(page.locator("main")).to_contain_text("Edition 2 of “Pixel” is saved.")


@pytest.mark.main
def test_problems_are_chosen_by_keyboard_and_summarized(
    page: Page, sign_in, shifter, sandbox, live_server, is_accessible
):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    for at, name in enumerate(("general", "pixel")):
        ChecklistFactory(identifier=name, title=name, text=f"- look at {name}", position=at)
    problem = PixelProblemFactory(name="Layer 1", what_to_do="look twice")
    CertificationFactory(run=RunFactory(run_number=315400)).pixel_problems.add(problem)
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315259/express/")
    expect(page.get_by_text("look at pixel")).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_text("look at general")).to_be_visible()
    expect(page.locator("[name=checklist_general]")).not_to_be_checked()
    page.keyboard.press("t")
    expect(page.locator("[name=checklist_general]")).to_be_checked()
    for key in "ggg":
        page.keyboard.press(key)
    page.keyboard.press("m")
    page.keyboard.press("p")
    page.get_by_label("Layer 1").check()
    expect(page.locator("#about-problems")).to_contain_text("look twice")
    expect(page.locator("#about-problems a")).to_have_text("315400 express")
    page.get_by_text("Add a problem").click()
    page.get_by_label("Seen in").select_option("strip")
    page.locator("[name=new_problem]").fill("TIB hot")
    page.locator("[name=add_problem]").click()
    expect(page.get_by_label("TIB hot")).to_be_checked()
    expect(page.get_by_label("Layer 1")).to_be_checked()
    is_accessible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("main")).to_contain_text("saved: good")
    certification = TrackerCertification.objects.get(runreconstruction__run=315259)
    stored = [(checklist["identifier"], checklist.get("open")) for checklist in certification.facts["checklists"]]
    assert stored == [("general", None), ("pixel", True)]
    page.goto(f"{live_server.url}/certify/315264/express/")
    expect(page.locator("[name=checklist_general]")).to_have_count(0)
    expect(page.get_by_text("look at pixel")).not_to_be_visible()
    page.keyboard.press("Shift+G")
    for name in ("pixel", "strip", "tracking"):
        expect(page.locator(f"[name={name}][value=good]")).to_be_checked()
    assert list(certification.strip_problems.all()) == [StripProblem.objects.get(name="TIB hot")]


def test_all_good_by_key_waits_until_each_checklist_was_open(page: Page, sign_in, shifter, sandbox, live_server):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    for name in ("pixel", "sistrip", "tracking"):
        ChecklistFactory(identifier=name, title=f"List {name}", text=f"- look at {name}")
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315259/express/")
    page.keyboard.press("Shift+G")
    expect(page.get_by_text("look at sistrip")).to_be_visible()
    expect(page.locator("[name=pixel][value=good]")).not_to_be_checked()
    page.keyboard.press("Shift+G")
    expect(page.get_by_text("look at tracking")).to_be_visible()
    page.keyboard.press("Shift+G")
    expect(page.locator("[name=tracking][value=good]")).to_be_checked()
    page.keyboard.press("m")
    page.keyboard.press("Control+Enter")
    expect(page.locator("main")).to_contain_text("saved: good")
    assert set(ChecklistProgress.objects.values_list("checklist", flat=True)) == {"pixel", "sistrip", "tracking"}
