"""Where Chromium is on this machine, and how a test starts it."""

import shutil
from pathlib import Path

# The shell without windows renders the same pages with a fifth less processor time, but has no back/forward cache.
SHELLS = ["chromium-headless-shell"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
DISABLED_FEATURES = [
    # Each new window renders a list of suggestions for its address bar, which no test opens, and each navigation
    # starts a process in reserve: together a third of the processor time of a journey.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "SpareRendererForSitePerProcess",
    # Playwright disables these with a switch of its own, which this list replaces: Chromium reads the last one.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
]


def executable() -> str | None:
    """The shell or the browser of the system, or the newest that `playwright install` left; None without any."""
    return _installed(SHELLS) or browser()


def browser() -> str | None:
    """Chromium with windows; None where there is none."""
    left = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")
    return _installed(BROWSERS) or max((str(path) for path in left), default=None)


def _installed(names: list[str]) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)
