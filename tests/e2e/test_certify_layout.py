"""The layout of the certify page: controls are in view, and nothing overflows."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import FillFactory, ReconstructionFactory, RunFactory

RUN = 315259


@pytest.fixture(autouse=True)
def _reference(sandbox, transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)


def _is_in_view(page: Page, selector: str) -> bool:
    box = page.locator(selector).bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_save_button_is_in_view_with_any_content_above_the_form(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/{RUN}/express/")
    assert _is_in_view(page, "[data-save]")
    page.keyboard.press("b")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_visible()
    assert _is_in_view(page, "[data-save]")
    page.locator("[name=date]").focus()  # the focused field is not covered by the buttons
    assert (
        page.evaluate("document.activeElement.getBoundingClientRect().bottom")
        < (page.locator(".certify-save").bounding_box()["y"])
    )


def test_name_of_the_person_who_typed_a_value_fits_its_column(page: Page, sign_in, shifter, live_server):
    typed = {"by": "somebody-with-a-long-name", "at": "2018-04-27T18:20:00+00:00", "value": 3.7}
    RunFactory(run_number=RUN, fill=FillFactory(), b_field=3.7, typed={"b_field": typed})
    sign_in(shifter)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_server.url}/certify/{RUN}/express/")
        fits = "one => one.getBoundingClientRect().right <= one.closest('.fact').getBoundingClientRect().right"
        assert page.locator(".fact-source .tag").evaluate(fits)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
