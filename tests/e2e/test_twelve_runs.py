"""Twelve certifications in a row by keyboard, on the product as `manage.py serve` runs it: presses and times."""

from __future__ import annotations

import signal
import statistics
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.certhelper.test_serve import PATIENCE_S, ServedCopy
from tests.screenshots import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = "315259,315264,315265,315267,315270,315339"  # collision runs, each with express and prompt, not in the demo
FIRST_KEYS = ("t", "t", "G", "G", "G", "m", "Control+Enter")  # of a shift: "G" opens list after list
KEYS = ("G", "m", "Control+Enter")
# Milliseconds from Ctrl+Enter to the next usable form: the scripts of the page have run.
STOPWATCH = """
addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "Enter") sessionStorage.setItem("pressed", Date.now());
}, true);
addEventListener("DOMContentLoaded", () => {
  window.sinceSave = Date.now() - Number(sessionStorage.getItem("pressed"));
});
"""


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    """The address of a copy of the product, with its sandbox and demo content."""
    copy = ServedCopy(tmp_path)
    process = copy.start()
    try:
        copy.wait_until_ready(process)
        assert process.stdout is not None
        threading.Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would stop the server
        yield f"http://127.0.0.1:{copy.port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


@pytest.fixture
def page(browser: Browser, browser_context_args: dict, strict) -> Iterator[Page]:
    context = browser.new_context(**browser_context_args)
    yield strict(context.new_page())
    context.close()


def _certify(page: Page, keys: tuple[str, ...]) -> int:
    """Certify the form that is open by these keys; return the milliseconds to the next page."""
    expect(page.locator("[data-component=pixel]")).to_have_attribute("aria-current", "step")
    here = page.url
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(lambda address: address != here)
    return page.evaluate("window.sinceSave")


def test_twelve_good_runs_in_a_row(page: Page, address, browser_name, capsys):
    sign_in(page, address, "shifter")
    page.goto(f"{address}/openruns/?runs={RUNS}")
    page.add_init_script(STOPWATCH)
    page.locator('tr[data-run="315339"] [data-reco="express"]').click()
    pressed = [FIRST_KEYS, *[KEYS] * 11]
    times = [_certify(page, keys) for keys in pressed]
    with capsys.disabled():
        print(f"\n12 runs: {' '.join(sum(pressed, ()))}\nms from save to the next form: {times[:-1]}")  # noqa: T201
        print(f"Median in {browser_name}: {statistics.median(times[:-1]):.0f} ms")  # noqa: T201
    rows = page.request.get(f"{address}/list/?runs={RUNS}&state=live&export=json").json()
    assert len({(row["run_number"], row["reconstruction"]) for row in rows}) == len(rows) == 12
    assert {row["verdict"] for row in rows} == {"good"}
    assert sorted(times)[len(times) // 2] < 2000  # loose: under 200 ms on an idle machine
