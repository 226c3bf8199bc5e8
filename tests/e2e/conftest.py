"""A real browser on a real server; a test fails on any error or warning in the console.

The browser is Chromium, or Firefox with `--browser firefox`, which leaves out the tests marked `chromium`.
"""

from __future__ import annotations

import shutil
import threading
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.signals import request_finished, request_started
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import expect

from tests import chromium, firefox
from tests.e2e.console import listen
from tests.migrated_database import migrated_file
from tests.proof import IS_FULL
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from playwright.sync_api import Browser, Page

    from users.models import User

PATIENCE_MS = 20_000  # on a machine that does other things, too
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" not in str(item.path):
            continue
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.django_db(transaction=True))
        only_chromium = item.get_closest_marker("chromium")
        if "firefox" not in item.config.getoption("--browser"):
            if chromium.executable() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
        elif only_chromium:
            item.add_marker(pytest.mark.skip(reason=f"Chromium alone: {only_chromium.args[0]}"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file: a page and its drafts send concurrent requests, each thread with a separate connection."""
    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database["TEST"]["NAME"] = str(file)
        if migrated_file().exists():
            shutil.copyfile(migrated_file(), file)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Whether the file has been migrated by another process, so that Django must not begin with an empty one."""
    return connection.vendor == "sqlite" and Path(connection.settings_dict["TEST"]["NAME"]).exists()


@pytest.fixture(scope="session")
def downloads_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Firefox puts what it downloads, under its own name."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str, downloads_folder: Path) -> dict:
    if browser_name == "firefox":
        return firefox.launch_arguments() | {"downloads_path": downloads_folder}
    return {"executable_path": chromium.executable(), "args": chromium.ARGUMENTS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args() -> dict:
    return {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture(scope="session", autouse=True)
def _cached_static_files() -> Iterator[None]:
    """The browser asks for a file once in a journey, as in production, where names change with their content."""
    serve = StaticFilesHandler.serve

    def serve_cached(handler: StaticFilesHandler, request: HttpRequest) -> HttpResponseBase:
        response = serve(handler, request)
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", serve_cached)
        yield


@pytest.fixture(autouse=True)
def _requests_end_before_the_flush(transactional_db) -> Iterator[None]:
    """The database is emptied once the pages are closed and the requests that they sent last are answered."""
    under_way: set[int] = set()

    def begin(**_: object) -> None:
        under_way.add(threading.get_ident())

    def end(**_: object) -> None:
        under_way.discard(threading.get_ident())

    request_started.connect(begin)
    request_finished.connect(end)
    yield
    deadline = time.monotonic() + PATIENCE_S
    while under_way and time.monotonic() < deadline:
        time.sleep(0.02)
    request_started.disconnect(begin)
    request_finished.disconnect(end)


@pytest.fixture
def strict(request: pytest.FixtureRequest) -> Iterator[Callable[[Page], Page]]:
    """Listen to a page; the test fails if its console has errors or warnings."""
    complaints: list[str] = []

    def made_strict(page: Page) -> Page:
        listen(page, complaints, is_cut_off=request.node.get_closest_marker("cut_off") is not None)
        page.set_default_timeout(PATIENCE_MS)
        return page

    yield made_strict
    assert complaints == []


@pytest.fixture
def page(page: Page, strict) -> Page:
    """Playwright's page, and strict."""
    return strict(page)


def enter(page: Page, url: str, user: User) -> None:
    """Give the page a session of the user; it opens nothing. The journeys that are about the sign-in use its form."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


@pytest.fixture
def sign_in(page: Page, live_server) -> Callable[[User], None]:
    """Sign in on the page at hand."""
    return lambda user: enter(page, live_server.url, user)


@pytest.fixture
def colleague(browser: Browser, browser_context_args: dict, live_server, strict) -> Iterator[Callable[[User], Page]]:
    """A strict page of another user in a separate browser context, signed in."""
    contexts = []

    def opened(user: User) -> Page:
        contexts.append(browser.new_context(**browser_context_args))
        page = strict(contexts[-1].new_page())
        enter(page, live_server.url, user)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def downloaded(page: Page, is_chromium: bool, downloads_folder: Path) -> Callable[[str, Callable[[], object]], bytes]:
    """Download a file of this name by an action, and return its content."""

    def content(name: str, act: Callable[[], object]) -> bytes:
        if is_chromium:
            with page.expect_download() as download:
                act()
            assert download.value.suggested_filename == name
            return download.value.path().read_bytes()
        # The driver of Firefox does not report the download of what a script made.
        file, unfinished = downloads_folder / name, downloads_folder / f"{name}.part"
        file.unlink(missing_ok=True)
        act()
        deadline = time.monotonic() + PATIENCE_S
        while (unfinished.exists() or not file.exists() or not file.stat().st_size) and time.monotonic() < deadline:
            page.wait_for_timeout(50)
        return file.read_bytes()

    return content


@pytest.fixture
def clipboard_page(page: Page, is_chromium: bool) -> Page:
    """A page whose scripts may read and write the clipboard; Firefox has a preference for it."""
    if is_chromium:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


@pytest.fixture
def firefox_with(
    launch_browser: Callable[..., Browser], browser_context_args: dict, strict
) -> Iterator[Callable[[dict[str, int]], Page]]:
    """A strict page in a Firefox of its own, with these preferences."""
    browsers = []

    def opened(preferences: dict[str, int]) -> Page:
        browsers.append(launch_browser(**firefox.launch_arguments(preferences)))
        return strict(browsers[-1].new_page(**browser_context_args))

    yield opened
    for browser in browsers:
        browser.close()


@pytest.fixture
def forced_colours_page(request: pytest.FixtureRequest, page: Page, is_chromium: bool) -> Page:
    """A page in a browser that replaces the colours of pages by those of the person, as in a high contrast mode."""
    if not is_chromium:
        return request.getfixturevalue("firefox_with")(firefox.FORCED_COLOURS)
    page.emulate_media(forced_colors="active")
    return page


@pytest.fixture
def page_with_text(request: pytest.FixtureRequest, page: Page, is_chromium: bool) -> Callable[[int], Page]:
    """A page in a browser with this default size of text, in pixels."""

    def sized(pixels: int) -> Page:
        if not is_chromium:
            return request.getfixturevalue("firefox_with")(firefox.text_size(pixels))
        sizes = {"standard": pixels, "fixed": pixels * 13 // 16}
        page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
        return page

    return sized


@pytest.fixture
def open_browser(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Open a page in a new browser context, signed in as a user if given; its console may contain errors."""
    contexts = []

    def open_page(user: User | None = None) -> Page:
        contexts.append(browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        if user:
            enter(page, live_server.url, user)
        return page

    yield open_page
    for context in contexts:
        context.close()


WITHOUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
CONTRAST_ALONE = {"runOnly": ["color-contrast"]}


def _violations(page: Page, scheme: str, options: dict) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    page.wait_for_load_state()
    found = Axe().run(page, options=options).response["violations"]
    return [f"{scheme} {violation['id']}: {[node['html'][:160] for node in violation['nodes']]}" for violation in found]


@pytest.fixture
def is_accessible(page: Page, request: pytest.FixtureRequest, is_chromium: bool) -> Callable[..., None]:
    """Run axe on what is shown; no violation of any rule.

    Light and dark differ in their contrast only, which takes axe longest: in `make prove` it is tested in both, else
    by turns, and the name of the test decides which is first. In Firefox axe runs in `make prove` alone, where there
    is time for it, and without contrast: that follows from the style sheets, and the driver does not emulate dark.
    """
    schemes = ["dark", "light"] if crc32(request.node.nodeid.encode()) % 2 else ["light", "dark"]
    turns = cycle(schemes)

    def check(shown: Page = page) -> None:
        violations = []
        if IS_FULL:
            violations += _violations(shown, "light", WITHOUT_CONTRAST)
            for scheme in schemes if is_chromium else []:
                violations += _violations(shown, scheme, CONTRAST_ALONE)
        elif is_chromium:
            violations += _violations(shown, next(turns), {})
        assert violations == [], shown.url

    return check
