"""Keys and the mouse on the timeline of the certify page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

RUN = 315322  # 1364 lumisections: Strip off in 1-22 and 1356-1364

OFF = 316062  # Pixel off in 20 of 24 lumisections with stable beams


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def ranges_field(page: Page, name: str) -> Locator:
    return page.locator(f"[name={name}_ranges]")


def place(timeline: Locator, number: int, last: int = 1364) -> tuple[float, float]:
    """Return the point of the window at the centre of a lumisection."""
    lanes = timeline.locator("[data-first='1']").bounding_box()
    assert lanes
    return lanes["x"] + lanes["width"] * (number - 0.5) / last, lanes["y"] + 20


def drag(page: Page, timeline: Locator, first: int, last: int) -> None:
    page.mouse.move(*place(timeline, first))
    page.mouse.down()
    page.mouse.move(*place(timeline, (first + last) // 2))
    page.mouse.move(*place(timeline, last))
    page.mouse.up()
