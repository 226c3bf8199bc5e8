"""One person's browser over HTTP, and what its requests took."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from certify.models.choices import ConfirmationCode
from tests.browser_form import fields_of

TIMEOUT_S = 60


@dataclass
class Measurement:
    """The samples of one row of the table, in seconds and bytes; `target_ms` is held against the median."""

    name: str
    target_ms: float | None = None
    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    queries: int | None = None

    def add(self, seconds: float, size: int) -> None:
        self.seconds.append(seconds)
        self.sizes.append(size)

    @property
    def p50_ms(self) -> float:
        return 1000 * statistics.median(self.seconds)

    @property
    def p95_ms(self) -> float:
        return 1000 * statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else self.p50_ms


@dataclass(frozen=True)
class PageResponse:
    """What the site answered to one request."""

    asked: str
    status: int
    headers: Message
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


class BenchBrowser:
    """A session of a signed-in person. Every answer that is not expected stops the benchmark.

    It has Python's own client and one connection: `requests` takes more than a millisecond of each sample for itself.
    """

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
        self._cookies: dict[str, str] = {}
        self._sign_in(name)

    def _sign_in(self, name: str) -> None:
        page = self.get("/accounts/login/")
        fields = fields_of(page, "username") | {"username": name, "password": name}
        self.post("/accounts/login/", fields, expected=302)

    def get(self, path: str, expected: int = 200, headers: dict[str, str] | None = None) -> PageResponse:
        return _expect_status(self._ask("GET", path, None, headers or {}), expected)

    def post(self, path: str, fields: dict[str, Any], expected: int) -> PageResponse:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return _expect_status(self._ask("POST", path, urlencode(fields, doseq=True), form), expected)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> PageResponse:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body, {**headers, "Cookie": cookies})
        response = self._connection.getresponse()
        answer = PageResponse(f"{method} {path}", response.status, response.headers, response.read())
        for said in response.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(said).items()}
        return answer

    def open_reconstructions(self, runs: str) -> list[tuple[int, str]]:
        """Run and reconstruction of what is open in this search, asked of the open runs page."""
        page = self.get(f"/openruns/?runs={runs}").text
        found = []
        for row in re.split(r"<tr\b", page)[1:]:
            if run := re.search(r'data-run="(\d+)"', row):
                for tag in re.findall(r"<[^>]*data-reco=[^>]*>", row):
                    if 'data-state="open"' in tag:
                        found.append((int(run[1]), re.search(r'data-reco="(\w+)"', tag)[1]))  # type: ignore[index]
        return found


def _expect_status(answer: PageResponse, expected: int) -> PageResponse:
    if answer.status != expected:
        errors = re.findall(r'class="[^"]*error[^"]*"[^>]*>([^<]+)', answer.text)
        told = f"{answer.status} {answer.headers.get('Location', '')}, not {expected}. {errors}"
        raise RuntimeError(f"{answer.asked}: {told}")
    return answer


def timed(into: Measurement, call: Callable[[], PageResponse]) -> PageResponse:
    """Call once and keep time and size."""
    began = time.perf_counter()
    answer = call()
    into.add(time.perf_counter() - began, len(answer.content))
    return answer


def all_good(page: PageResponse) -> dict[str, Any]:
    """The certify form of this page, filled in by somebody who finds all of it good and confirms what is odd."""
    fields: dict[str, Any] = dict(fields_of(page))
    fields |= dict.fromkeys(("pixel", "strip", "tracking"), "good") | {"trackermap": "exists"}
    for name in re.findall(r'name="(checklist_\w+)"', page.text):
        fields[name] = "on"
    return fields | {f"confirm_{code}": "on" for code in ConfirmationCode.values}


def longest_chain(asked: Iterable[dict[str, Any]]) -> int:
    """How many of these calls came one after the other: each began when the one before had ended."""
    chain, ended = 0, 0.0
    for call in sorted(asked, key=lambda one: one["started"] + (one["seconds"] or 0)):
        if call["started"] >= ended - 0.002:
            chain, ended = chain + 1, call["started"] + (call["seconds"] or 0)
    return chain
