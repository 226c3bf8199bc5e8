"""A signed-in HTTP client for the benchmark, and the times of its requests."""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from tests.browser_form import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from email.message import Message

TIMEOUT_S = 60
MAX_IDLE_S = 1  # gunicorn closes connections that are idle for two seconds
# Needs the session and the user, and no other query.
BASELINE_PATH = "/help/"


@dataclass
class Measurement:
    """The samples of one row of the table, in seconds and bytes.

    `bound`: how many times the time of the help page the row may take. Each sample has one of the help page next to
    it (`baseline`, seconds), so that both meet the same load of the machine. `max_queries`: bound of the queries.
    """

    name: str
    bound: float | None = None
    seconds: list[float] = field(default_factory=list)
    baseline: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    queries: int | None = None
    max_queries: int | None = None

    def add(self, seconds: float, size: int) -> None:
        self.seconds.append(seconds)
        self.sizes.append(size)

    @property
    def multiple(self) -> float | None:
        """The median in multiples of the help page's median; None without samples of that."""
        return statistics.median(self.seconds) / statistics.median(self.baseline) if self.baseline else None

    @property
    def is_within_bound(self) -> bool:
        is_quick = self.bound is None or (self.multiple is not None and self.multiple <= self.bound)
        has_few = self.max_queries is None or (self.queries is not None and self.queries <= self.max_queries)
        return is_quick and has_few

    @property
    def p50_ms(self) -> float:
        return 1000 * statistics.median(self.seconds)

    @property
    def p95_ms(self) -> float:
        return 1000 * statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else self.p50_ms


@dataclass(frozen=True)
class PageResponse:
    """The response to one request."""

    request: str
    status: int
    headers: Message
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


class BenchBrowser:
    """A session of a signed-in person. A status other than the expected one raises `RuntimeError`.

    It uses `http.client` with one connection: `requests` adds more than a millisecond to each sample.
    """

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
        self._used_at = 0.0
        self._cookies: dict[str, str] = {}
        self._sign_in(name)

    def _sign_in(self, name: str) -> None:
        page = self.get("/accounts/login/")
        fields = fields_of(page, "username") | {"username": name, "password": name}
        self.post("/accounts/login/", fields, expected=302)

    def get(self, path: str, expected: int = 200, headers: dict[str, str] | None = None) -> PageResponse:
        return _expect_status(self._send("GET", path, None, headers or {}), expected)

    def post(self, path: str, fields: dict[str, Any], expected: int) -> PageResponse:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return _expect_status(self._send("POST", path, urlencode(fields, doseq=True), form), expected)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> PageResponse:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if time.monotonic() - self._used_at > MAX_IDLE_S:
            self._connection.close()  # the next request opens it again
        self._connection.request(method, path, body, {**headers, "Cookie": cookies})
        response = self._connection.getresponse()
        page = PageResponse(f"{method} {path}", response.status, response.headers, response.read())
        self._used_at = time.monotonic()
        for header in response.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return page

    def open_reconstructions(self, runs: str) -> list[tuple[int, str]]:
        """Run number and reconstruction of what the open runs page of this search offers to certify."""
        page = self.get(f"/openruns/?runs={runs}").text
        measured = []
        for row in re.split(r"<tr\b", page)[1:]:
            if run := re.search(r'data-run="(\d+)"', row):
                for tag in re.findall(r"<[^>]*data-reco=[^>]*>", row):
                    name = re.search(r'data-reco="(\w+)"', tag)
                    if name and 'data-state="open"' in tag:
                        measured.append((int(run[1]), name[1]))
        return measured


def _expect_status(page: PageResponse, expected: int) -> PageResponse:
    if page.status != expected:
        errors = re.findall(r'class="[^"]*error[^"]*"[^>]*>([^<]+)', page.text)
        location = page.headers.get("Location", "")
        raise RuntimeError(f"{page.request}: {page.status} {location}, not {expected}. {errors}")
    return page


def timed(row: Measurement, browser: BenchBrowser, call: Callable[[], PageResponse]) -> PageResponse:
    """Call once, then get the help page; add both times, and the size, to the row."""
    start = time.perf_counter()
    page = call()
    row.add(time.perf_counter() - start, len(page.content))
    start = time.perf_counter()
    browser.get(BASELINE_PATH)
    row.baseline.append(time.perf_counter() - start)
    return page


def longest_chain(calls: Iterable[dict[str, Any]]) -> int:
    """The length of the longest sequence of calls in which each began after the one before had ended."""
    chain, end = 0, 0.0
    for call in sorted(calls, key=lambda call: call["started"] + (call["seconds"] or 0)):
        if call["started"] >= end - 0.002:
            chain, end = chain + 1, call["started"] + (call["seconds"] or 0)
    return chain
