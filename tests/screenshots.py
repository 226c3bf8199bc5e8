"""`make screenshots`: the pictures of README and docs, taken anew from the running demo.

Uses a copy of the product of its own, on free ports; nothing of the data in var/ is touched.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.certhelper.test_serve import ROOT, ServedCopy
from tests.chromium import ARGUMENTS, executable

PICTURES = ROOT / "docs" / "img"
SIZE = {"width": 1440, "height": 860}
RUNS, WEEK = "315257-315270", "2018-W17"


def sign_in(page: Page, url: str, name: str) -> None:
    """Sign in as a person of the demo, whose password is the user name."""
    page.goto(f"{url}/accounts/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", name)
    page.locator("main [type=submit]").click()
    page.wait_for_url(f"{url}/")


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")
    print(PICTURES / f"{name}.png")  # noqa: T201


def take_all(page: Page, url: str) -> None:
    sign_in(page, url, "shifter")
    page.goto(f"{url}/openruns/?runs={RUNS}")
    _take(page, "openruns")
    page.locator('tr[data-run="315270"] [data-reco="express"]').click()
    page.locator("h1").click()
    for key in ("g", "g"):
        page.keyboard.press(key)
    _take(page, "certify")
    page.goto(f"{url}/list/?state=live")
    _take(page, "list")
    page.context.clear_cookies()
    sign_in(page, url, "leader")
    page.goto(f"{url}/shiftleader/?week={WEEK}")
    _take(page, "week")


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = ServedCopy(Path(folder))
        process = site.start()
        try:
            site.wait_until_ready(process)
            browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
            take_all(browser.new_page(viewport=SIZE), f"http://127.0.0.1:{site.port}")
            browser.close()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
