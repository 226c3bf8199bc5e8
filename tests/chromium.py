"""Where Chromium is on this machine, and how a test starts it."""

import shutil
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def executable() -> str | None:
    """Chromium of the system, or the newest that `playwright install` left; None where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    installed = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")
    return max((str(path) for path in installed), default=None)
