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


def test_expert_changes_a_policy_after_a_preview(page: Page, sign_in, expert, live_server, is_accessible):
    certification(315300, off=range(10, 21), strip_ranges=[[15, 30]])
    policy()
    sign_in(expert)
    page.goto(f"{live_server.url}/golden/policies/tracker2018/")
    is_accessible()
    page.get_by_role("link", name="Change").click()
    page.wait_for_url("**/edit/")
    page.get_by_role("textbox", name="JSON json-logic, as in Run Registry").fill(
        '{"and": [{"==": [{"var": "run.oms.enrgy"}, 1]}]}'
    )
    expect(page.locator("#clause-0-errors")).to_contain_text("Did you mean run.oms.energy?")
    is_accessible()
    page.get_by_role("button", name="Remove clause 1").click()
    page.get_by_role("button", name="Three flags good").click()
    expect(page.locator(".clause-row")).to_have_count(3)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview-body")).to_contain_text("1 run gains, none lose.")
    is_accessible()
    for width in (1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Why").fill("BPIX is looked at elsewhere")
    page.get_by_role("button", name="Save v2").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("tracker2018 v2, in force")
    page.get_by_role("link", name="Make a file").click()
    expect(page.get_by_label("Policy")).to_have_value("tracker2018")
