"""Where Firefox and its driver are on this machine, and how a test starts it."""

import shutil
import sys
from pathlib import Path
from typing import Any

NAMES = ["firefox-esr", "firefox"]
CHANNEL = "moz-firefox"  # Playwright then drives Firefox as it is released, by WebDriver BiDi
# A Playwright of its own, see firefox-requirements.txt; `make tools` installs it where there is a Firefox.
DRIVER = Path(sys.prefix) / "firefox"
LACKING = "no firefox-esr found, or not its driver. On Debian: apt-get install firefox-esr, then make tools."

FORCED_COLOURS = {"browser.display.document_color_use": 2}
BACK_FORWARD_CACHE = {"browser.sessionhistory.max_total_viewers": -1}
EVERYWHERE = {
    "dom.events.testing.asyncClipboard": True,  # scripts read the clipboard without a person who presses "Paste"
    "ui.primaryPointerCapabilities": 6,  # a mouse, which hovers; a headless Firefox finds none
    "ui.allPointerCapabilities": 6,
    "browser.sessionhistory.max_total_viewers": 0,  # no back/forward cache, as Playwright starts Chromium
}


def text_size(pixels: int) -> dict[str, int]:
    """Preferences for this default size of text."""
    return {"font.size.variable.x-western": pixels, "font.size.monospace.x-western": pixels * 13 // 16}


def launch_arguments(preferences: dict[str, int] | None = None) -> dict[str, Any]:
    """Arguments of Playwright's `launch`, for Firefox with these preferences."""
    return {
        "executable_path": executable(),
        "channel": CHANNEL,
        "headless": True,
        "firefox_user_prefs": EVERYWHERE | (preferences or {}),
    }


def executable() -> str | None:
    """Firefox of the system; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_found() -> bool:
    """Whether both Firefox and its driver are installed."""
    return executable() is not None and DRIVER.is_dir()
