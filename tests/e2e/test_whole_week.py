"""A week of a shift leader, in two browsers: review, question, change, comparison, promotion, notes, slides."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from shiftleader.parts.registry import PARTS
from tests.factories import CertificationFactory, DatasetFactory, ReconstructionFactory, RunFactory, UserFactory
from tests.reports.slides.reading import read_odp, read_pptx

if TYPE_CHECKING:
    from collections.abc import Callable

WEEK = "week=2018-W17"
DAY = date(2018, 4, 27)
BEGAN = datetime(2018, 4, 27, 6, 0, tzinfo=UTC)
DATASETS = {"express": "/Express/Collisions2018/DQM", "prompt": "/PromptReco/Collisions2018A/DQM"}
READERS = {"pptx": read_pptx, "odp": read_odp}
DOUBTED = 315266  # good in Run Registry, bad here
# Runs, good, bad, undecided of collisions in express.
BEFORE, AMENDED = ["4", "3", "1", "0"], ["4", "4", "0", "0"]


@pytest.fixture(autouse=True)
def _certified(shifter, sandbox, transactional_db):
    """Certifications of two shifters: four runs in express, one of them also in prompt."""
    fred = UserFactory(username="fred", first_name="Fred", last_name="Firtree")
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)

    def certify(run, user, reconstruction="express", **flags) -> None:
        facts = {"run": {"fill_number": run.fill_number}, "fill": {"bunches_colliding": 1214, "recorded_lumi": 239.8}}
        same = {"date": DAY, "reference_runreconstruction": reference, "facts": facts}
        dataset = DatasetFactory(name=DATASETS[reconstruction])
        CertificationFactory(run=run, reconstruction=reconstruction, user=user, dataset=dataset, **same, **flags)

    runs = {number: RunFactory(run_number=number, start_time=BEGAN) for number in (315264, 315265, DOUBTED, 315267)}
    certify(runs[DOUBTED], shifter, strip="bad", tracking="bad", comment="holes in TIB")
    certify(runs[315264], shifter)
    for reconstruction in DATASETS:
        certify(runs[315265], fred, reconstruction)
    certify(runs[315267], fred)


def open_week(page: Page, url: str) -> None:
    page.goto(f"{url}/shiftleader/?{WEEK}")
    for part in PARTS:
        expect(page.locator(f"#{part.name}")).not_to_have_attribute("aria-busy", "true")


def figures(page: Page) -> list[str]:
    """Runs and verdicts of collisions in express, as the overview shows them."""
    row = page.locator("#overview tr[data-type=collisions][data-reco=express]")
    return [row.locator(f"[data-figure={name}]").inner_text() for name in ("runs", "good", "bad", "undecided")]


def confirm(page: Page, number: int) -> None:
    part = page.locator("#certifications")
    part.get_by_label(f"Confirm {number} express").check()
    part.get_by_role("button", name="Confirm the ticked").click()
    expect(page.locator("main")).to_contain_text("1 certification reviewed.")
    expect(part).to_contain_text("1 of 5 reviewed")


def confirm_the_rest(page: Page) -> None:
    page.get_by_role("button", name="Confirm all 4 not reviewed").click()
    expect(page.locator("#certifications")).to_contain_text("5 of 5 reviewed")


def ask(page: Page, is_accessible) -> None:
    page.get_by_role("link", name=f"Ask about {DOUBTED} express").click()
    page.get_by_label("Question").fill("Run Registry says good. What did you see?")
    is_accessible()
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("main")).to_contain_text("shifter is asked about")


def answer(page: Page, url: str, is_accessible) -> None:
    """The shifter answers the question, which home shows."""
    page.goto(url)
    is_accessible(page)
    page.locator("[data-question] a").click()
    page.get_by_label("Answer").fill("The map of another run: it is good.")
    is_accessible(page)
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#questions")).to_contain_text("The map of another run")
    is_accessible(page)


def amend(page: Page, url: str, is_accessible) -> None:
    """Change the certification from its row of the comparison, where it differs."""
    page.goto(url)
    expect(page.locator("main")).to_contain_text("The map of another run")  # home notifies the author of the question
    open_week(page, url)
    row = page.locator(f"#comparison tr[data-run='{DOUBTED}'][data-reco=express]")
    expect(row).to_have_attribute("data-outcome", "different")
    expect(page.locator("#comparison .registry-counts")).to_contain_text("1 different")
    row.get_by_role("link", name=f"Change {DOUBTED} express").click()
    for component in ("strip", "tracking"):
        page.locator(f"[name={component}][value=good]").check()
    page.get_by_label("Why you change it").fill("map of another run")
    is_accessible()
    page.get_by_role("button", name="Save the change").click()
    expect(page.locator("main")).to_contain_text("changed: ")
    is_accessible()


def promote(page: Page) -> None:
    page.get_by_role("link", name="Promote 315265 express to reference").click()
    page.get_by_label("Why").fill("clean and long")
    page.get_by_role("button", name="Promote").click()
    expect(page.locator("main")).to_contain_text("315265 express is a reference run now.")


def check_list(page: Page) -> None:
    part = page.locator("#central-body")
    part.locator("textarea").fill(f"315265, {DOUBTED}-315267, 315268")
    part.get_by_role("button", name="Check").click()
    text = f"Collisions\nGOOD: 315265\nPROMPT MISSING: {DOUBTED}, 315267\n\nMISSING: 315268"
    expect(part.locator("#central-text")).to_have_text(text)


def write(page: Page) -> None:
    notes = page.locator("#notes")
    notes.get_by_label("Summary of the week").fill("A calm week.\n- TIB is whole")
    notes.get_by_role("button", name="Save").click()
    expect(notes).to_contain_text("Saved")


def reported(page: Page) -> list[str]:
    """The same numbers, as the report shows them."""
    cells = page.locator("#weekly tr", has_text="express").locator("td").all_inner_texts()
    return cells[2:6]


def in_slides(page: Page, file_format: str, downloaded: Callable[..., bytes]) -> list[str]:
    """The same numbers in the downloaded file, which also has the notes as written."""
    link = page.get_by_role("link", name=f"Slides, .{file_format}")
    slides = READERS[file_format](downloaded(f"tracker-2018-W17.{file_format}", link.click))
    assert any("TIB is whole" in text for slide in slides for text in slide.texts)
    (weekly,) = [slide for slide in slides if slide.title == "Weekly certification"]
    (row,) = [row for row in weekly.tables[0] if row[:2] == ["collisions", "express"]]
    return row[2:6]


def undo(page: Page, is_accessible) -> None:
    page.get_by_role("link", name="History", exact=True).click()
    is_accessible()
    page.locator("[data-change]", has_text="Reason: map of another run").get_by_role("link", name="Undo").click()
    is_accessible()
    page.get_by_label("Why it is undone").fill("the map was right")
    page.get_by_role("button", name="Undo it").click()
    expect(page.locator("main")).to_contain_text("is undone")


def test_week_from_certification_to_slides_and_undo(
    page: Page, sign_in, shifter, shift_leader, colleague, live_server, is_accessible, downloaded
):
    shifter_page, url = colleague(shifter), live_server.url
    sign_in(shift_leader)
    open_week(page, url)
    assert figures(page) == BEFORE
    confirm(page, 315264)
    ask(page, is_accessible)
    answer(shifter_page, url, is_accessible)
    amend(page, url, is_accessible)

    open_week(page, url)
    assert figures(page) == AMENDED
    expect(page.locator("#comparison .registry-counts")).to_contain_text("0 different")
    promote(page)
    is_accessible()
    shifter_page.goto(f"{url}/certify/315270/express/")
    offered = shifter_page.locator("[name=reference_runreconstruction] option")
    expect(offered.filter(has_text="315265 express")).to_have_count(1)
    is_accessible(shifter_page)

    open_week(page, url)
    check_list(page)
    write(page)
    is_accessible()
    confirm_the_rest(page)
    page.get_by_role("link", name="Report and slides").click()
    expect(page.locator("#summary-2018-W17")).to_contain_text("TIB is whole")
    is_accessible()
    assert reported(page) == AMENDED
    for file_format in READERS:
        assert in_slides(page, file_format, downloaded) == AMENDED

    undo(page, is_accessible)
    page.goto(f"{url}/shiftleader/report/?{WEEK}")
    assert reported(page) == BEFORE
    assert in_slides(page, "pptx", downloaded) == BEFORE
    open_week(page, url)
    assert figures(page) == BEFORE
