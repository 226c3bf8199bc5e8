"""Making a file of good runs, asking why and downloading it, by keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from golden.models import GoldenFile
from tests.golden.stored import certification, policy

pytestmark = pytest.mark.django_db(transaction=True)


def test_expert_makes_a_file_asks_why_and_downloads_it(page: Page, sign_in, expert, live_server, is_accessible):
    certification(315300, off=range(10, 21), strip_ranges=[[15, 30]])
    policy()
    sign_in(expert)
    page.goto(f"{live_server.url}/golden/")
    is_accessible()
    page.get_by_label("Policy").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "TrackerOnly_315300-315300_PromptReco-Collisions2018A_tracker2018_v1"
    )
    page.get_by_label("Run, or run and lumisection").focus()
    page.keyboard.type("315300:17")
    page.keyboard.press("Enter")
    expect(page.locator("#why")).to_contain_text("the first of 2 rules that fail")
    expect(page.get_by_label("Run, or run and lumisection")).to_be_focused()
    is_accessible()
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Download JSON").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    file = GoldenFile.objects.get()
    assert download.value.suggested_filename == file.name
    assert Path(download.value.path()).read_bytes() == file.file_bytes
