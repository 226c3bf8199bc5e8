"""Where Firefox and its driver are on this machine, and how a test starts it."""

import shutil
import sys
from pathlib import Path

NAMES = ["firefox-esr", "firefox"]
CHANNEL = "moz-firefox"  # Playwright then drives Firefox as it is released, by WebDriver BiDi
# A Playwright of its own, see firefox-requirements.txt; `make tools` installs it where there is a Firefox.
DRIVER = Path(sys.prefix) / "firefox"
LACKING = "no firefox-esr found, or not its driver. On Debian: apt-get install firefox-esr, then make tools."


def executable() -> str | None:
    """Firefox of the system; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_found() -> bool:
    """Whether both Firefox and its driver are installed."""
    return executable() is not None and DRIVER.is_dir()
