"""Lists and reports in narrow windows, with large text, on paper, in forced colours and by keys."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests import paper
from tests.e2e.conftest import enter
from tests.e2e.printed import show_as_printed
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory
from tests.many import many_certifications

DAYS = "from=2018-06-01&to=2018-06-02"
PATHS = (
    "/",
    "/openruns/?runs=315257-315270",
    "/list/?state=any",
    "/list/{pk}/",
    "/references/",
    "/history/",
    "/runs/318300/",
    "/summary/?date=2018-06-01",
    f"/shiftleader/?{DAYS}",
    f"/shiftleader/report/?{DAYS}",
    "/help/",
    "/problems/",
    "/checklists/",
)
PAPER_WIDTH = 698  # A4 upright within the margins of Firefox, which are the wider ones
WIDEST = """() => Math.max(document.documentElement.scrollWidth,
  ...[...document.querySelectorAll("table")].map((table) => Math.round(table.getBoundingClientRect().right)))"""


@pytest.fixture
def certified(shift_leader, transactional_db):
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    comment = "Three modules of the second disk were off from lumisection 20 on, seen in the occupancy. " * 2
    return CertificationFactory(
        run=RunFactory(run_number=318300),
        user=shift_leader,
        pixel="bad",
        comment=comment,
        date=date(2018, 6, 1),
        reference_runreconstruction=reference,
    )


def _scroll_width(page: Page, width: int) -> int:
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("text_size", [16, 32])
def test_no_page_scrolls_sideways(page_with_text, shift_leader, certified, sandbox, live_server, text_size):
    page = page_with_text(text_size)
    enter(page, live_server.url, shift_leader)
    for path in PATHS:
        page.goto(live_server.url + path.format(pk=certified.pk))
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == text_size
        for width in (320, 390, 1024, 1440):
            assert _scroll_width(page, width) <= width, (path, width)


def test_printed_lists_keep_every_column(page: Page, sign_in, shift_leader, certified, live_server, is_chromium):
    sign_in(shift_leader)
    page.set_viewport_size({"width": PAPER_WIDTH, "height": 1000})
    for path in ("/list/?state=any", "/references/", f"/shiftleader/report/?{DAYS}"):
        page.goto(live_server.url + path)
        show_as_printed(page, is_chromium)
        assert page.evaluate(WIDEST) <= PAPER_WIDTH, path
    page.goto(f"{live_server.url}/list/?state=any")
    show_as_printed(page, is_chromium)
    for heading in ("Run", "Reference", "Shift day", "Comment"):
        expect(page.get_by_role("columnheader", name=heading, exact=True)).to_be_visible()
    comment = page.locator("tr[data-run='318300'] td").last
    assert comment.evaluate("cell => cell.scrollWidth <= cell.clientWidth && cell.clientHeight > 40")
    # In Firefox a flex item that is longer than a page begins on the second one.
    assert page.evaluate("getComputedStyle(document.body).display") == "block"


@pytest.mark.main
@pytest.mark.skipif(not paper.program(), reason=paper.LACKING)
def test_printed_list_begins_on_the_first_page(page: Page, sign_in, shift_leader, live_server, tmp_path):
    many_certifications(60, shift_leader)
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/list/?state=any")
    page.pdf(path=tmp_path / "list.pdf", format="A5")
    pages = paper.text_by_page(tmp_path / "list.pdf")
    runs = [set(re.findall(r"\b4000\d\d\b", text)) for text in pages]
    assert len(pages) > 1
    assert all(runs), pages


def test_run_numbers_are_row_headers(page: Page, sign_in, shift_leader, certified, live_server):
    sign_in(shift_leader)
    for path, run in (
        ("/list/?state=any", 318300),
        ("/references/", 314811),
        (f"/shiftleader/part/certifications/?{DAYS}", 318300),
        (f"/shiftleader/part/runs/?{DAYS}", 318300),
    ):
        page.goto(live_server.url + path)
        expect(page.get_by_role("rowheader", name=str(run)).first).to_be_visible()


def test_what_is_chosen_is_highlighted_in_forced_colours(forced_colours_page, shift_leader, certified, live_server):
    page = forced_colours_page
    enter(page, live_server.url, shift_leader)
    page.goto(f"{live_server.url}/list/?verdict=bad&date_min=2018-06-01")
    background = "element => getComputedStyle(element).backgroundColor"
    highlight = page.evaluate(
        """() => {
      const probe = document.body.appendChild(document.createElement("span"));
      probe.style.setProperty("forced-color-adjust", "none");
      probe.style.setProperty("background", "Highlight");
      return getComputedStyle(probe).backgroundColor;
    }"""
    )
    assert page.locator(".nav [aria-current]").evaluate(background) == highlight
    assert page.locator(".nav a:not([aria-current])").first.evaluate(background) != highlight
    assert page.locator(".theme [aria-pressed=true]").evaluate(background) == highlight


def test_navigation_does_not_move_from_page_to_page(page: Page, sign_in, shift_leader, live_server):
    sign_in(shift_leader)
    places = set()
    for path in ("/", "/list/", "/references/", "/history/"):
        page.goto(live_server.url + path)
        places.add(
            tuple(page.locator(".nav a").evaluate_all("links => links.map((a) => a.getBoundingClientRect().left)"))
        )
    assert len(places) == 1


def test_keys_move_through_the_rows_of_lists(page: Page, sign_in, shift_leader, certified, live_server):
    second = CertificationFactory(run=RunFactory(run_number=318301), date=date(2018, 6, 2))
    sign_in(shift_leader)
    for path, rows in (
        ("/list/?state=any&sort=run", "tr[data-pk]"),
        ("/references/", "tr[data-reference]"),
        ("/history/", ".changes > li"),
        (f"/shiftleader/part/certifications/?{DAYS}", "tr[data-pk]"),
    ):
        page.goto(live_server.url + path)
        for key, row in (("j", 0), ("j", 1), ("k", 0), ("ArrowDown", 1)):
            page.keyboard.press(key)
            expect(page.locator(rows).nth(row)).to_be_focused()
    page.goto(f"{live_server.url}/list/?state=any&sort=run")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/list/{second.pk}/")


def test_skip_links_lead_to_the_rows(page: Page, sign_in, shift_leader, certified, live_server):
    sign_in(shift_leader)
    for path in ("/list/?state=any", "/references/", "/history/"):
        page.goto(live_server.url + path)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name="Skip to the rows")
        expect(link).to_be_focused()
        assert link.bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        expect(page.locator("#rows")).to_be_focused()
