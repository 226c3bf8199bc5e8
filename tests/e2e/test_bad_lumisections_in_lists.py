"""Lists with bad lumisections in a browser: no page is wider than the window, and text has its room."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from certify.review.models import Review, Reviewed
from tests.e2e.conftest import enter
from tests.factories import CertificationFactory, QuestionFactory, RunFactory

QUESTION = "Strip is good without 310-330, but Run Registry has it bad in 310-352: are 331-352 really good? " * 2


@pytest.fixture
def certified(shift_leader, shifter, transactional_db):
    """Three certifications of a long run, without 21 of its lumisections, by a person with a long name."""
    shifter.first_name, shifter.last_name = "Maximiliane", "Brandenburger"
    shifter.save()
    return [
        CertificationFactory(
            run=RunFactory(),
            user=shifter,
            date=date(2018, 6, 1),
            comment="A module of the second disk was off. " * 4,
            lumisections=1364,
            strip_ranges=[[310, 330]],
            ranges_facts={"lumis": {"strip": 3.268, "all": 3.268}, "digest": None},
        )
        for _ in range(3)
    ]


def _fits(page: Page) -> bool:
    """Whether neither the page nor a table in it is wider than its room."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth
        && [...document.querySelectorAll(".table-scroll")].every((area) => area.scrollWidth <= area.clientWidth)"""
    )


def test_question_has_the_width_of_its_panel(page: Page, shifter, certified, live_server):
    QuestionFactory(certification=certified[0], text=QUESTION)
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page, live_server.url, shifter)
    page.goto(live_server.url)
    text = page.locator("[data-question] .question-text")
    expect(text).to_have_text(QUESTION.strip())
    assert text.bounding_box()["width"] > 300
    assert _fits(page)


def test_list_shows_the_comment_beside_what_is_out(page: Page, shifter, certified, live_server):
    page.set_viewport_size({"width": 1024, "height": 800})
    enter(page, live_server.url, shifter)
    page.goto(f"{live_server.url}/list/?state=live")
    comment = page.locator("tr[data-pk] .truncate").first.bounding_box()
    area = page.locator(".table-scroll").bounding_box()
    assert comment["x"] + 48 <= area["x"] + area["width"] <= 1024.5


def test_verdict_is_beside_the_flags_on_a_phone(page: Page, shifter, certified, live_server):
    page.set_viewport_size({"width": 390, "height": 700})
    enter(page, live_server.url, shifter)
    page.goto(f"{live_server.url}/list/?state=live")
    row = page.locator("tr[data-pk]").first
    flag, verdict, out = (row.locator(name).first.bounding_box() for name in (".flag", ".verdict", ".out"))
    assert verdict["y"] < flag["y"] + flag["height"] <= out["y"] + 1
    assert out["height"] < 2 * flag["height"]


def test_certifications_of_the_week_fit_their_panel(page: Page, shift_leader, certified, live_server):
    review = Review.objects.create(by=shift_leader)
    Reviewed.objects.create(review=review, certification=certified[0], version=certified[0].version)
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page, live_server.url, shift_leader)
    page.goto(f"{live_server.url}/shiftleader/part/certifications/?week=2018-W22")
    expect(page.locator(".week-reviewed").first).to_be_visible()
    assert _fits(page)


def test_nothing_of_the_week_is_cut_at_1024_pixels(page: Page, shift_leader, certified, live_server):
    page.set_viewport_size({"width": 1024, "height": 800})
    enter(page, live_server.url, shift_leader)
    for part, last in (("certifications", ".week-actions > a:last-child"), ("overview", "td:last-child")):
        page.goto(f"{live_server.url}/shiftleader/part/{part}/?week=2018-W22")
        scroll, cell = page.locator(".table-scroll").first.bounding_box(), page.locator(last).first.bounding_box()
        assert cell["x"] + cell["width"] <= scroll["x"] + scroll["width"] + 0.5, part
