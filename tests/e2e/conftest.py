"""A real browser on a real server; a test fails on any error or warning in the console.

The browser is Chromium, or Firefox with `--browser firefox`.
"""

from __future__ import annotations

import threading
import time
from itertools import cycle
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.signals import request_finished, request_started
from django.db import connections
from django.test import Client

from tests import chromium, firefox
from tests.proof import IS_FULL
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from playwright.sync_api import Browser, ConsoleMessage, Page

    from users.models import User

PATIENCE_MS = 5000
# Statuses that pages return on purpose; Chromium reports each of them as a failed load.
MEANT = ("status of 403", "status of 404", "status of 409", "status of 422", "status of 429")
# What htmx prints when a page cancels a live check, because the form is sent.
CANCELLED = ("htmx:afterRequest", "htmx:sendAbort")
# Messages of htmx and Chromium about a request that a test aborts (pytest.mark.cut_off).
OF_CUT_OFF = ("htmx:", "net::ERR_FAILED")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if chromium.executable() is None and "firefox" not in item.config.getoption("--browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file: a page and its drafts send concurrent requests, each thread with a separate connection."""
    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str) -> dict:
    if browser_name == "firefox":
        return {"executable_path": firefox.executable(), "channel": firefox.CHANNEL, "headless": True}
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
    meant = (*MEANT, *CANCELLED, *(OF_CUT_OFF if request.node.get_closest_marker("cut_off") else ()))

    def listen(page: Page) -> Page:
        def on_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not any(text in message.text for text in meant):
                complaints.append(f"{message.type}: {message.text} ({page.url})")

        page.on("console", on_console)
        page.on("pageerror", lambda error: complaints.append(f"exception: {error} ({page.url})"))
        page.set_default_timeout(PATIENCE_MS)
        return page

    yield listen
    assert complaints == []


@pytest.fixture
def page(page: Page, strict) -> Page:
    """Playwright's page, and strict."""
    return strict(page)


def enter(page: Page, url: str, user: User) -> None:
    """Open home with a session of the user. The journeys that are about the sign-in use its form."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
    page.goto(f"{url}/")


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


def _violations(page: Page, scheme: str, options: dict) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    page.wait_for_load_state()
    found = Axe().run(page, options=options).response["violations"]
    return [f"{scheme} {violation['id']}: {[node['html'][:160] for node in violation['nodes']]}" for violation in found]


@pytest.fixture
def is_accessible(page: Page, request: pytest.FixtureRequest, is_chromium: bool) -> Callable[..., None]:
    """Run axe on what is shown; no violation of any rule. Does nothing in Firefox.

    Light and dark differ in their contrast only, which takes axe longest: in `make prove` it is tested in both, else
    by turns, and the name of the test decides which is first.
    """
    schemes = ["dark", "light"] if crc32(request.node.nodeid.encode()) % 2 else ["light", "dark"]
    turns = cycle(schemes)

    def check(shown: Page = page) -> None:
        if not is_chromium:
            return
        violations = _violations(shown, "light", {"rules": {"color-contrast": {"enabled": False}}})
        for scheme in schemes if IS_FULL else [next(turns)]:
            violations += _violations(shown, scheme, {"runOnly": ["color-contrast"]})
        assert violations == [], shown.url

    return check
