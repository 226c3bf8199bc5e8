"""One person's browser over HTTP, and what its requests took."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import requests

from certify.choices import Question
from tests.browser_form import fields_of

TIMEOUT_S = 60


@dataclass
class Measured:
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


class Browser:
    """A session of a signed-in person. Every answer that is not expected stops the benchmark."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self._sign_in(name)

    def _sign_in(self, name: str) -> None:
        page = self.get("/accounts/login/")
        fields = fields_of(page, "username") | {"username": name, "password": name}
        self.post("/accounts/login/", fields, expected=302)

    def get(self, path: str, expected: int = 200, headers: dict[str, str] | None = None) -> requests.Response:
        answer = self.session.get(self.url + path, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
        return _checked(answer, expected)

    def post(self, path: str, fields: dict[str, Any], expected: int) -> requests.Response:
        answer = self.session.post(self.url + path, fields, timeout=TIMEOUT_S, allow_redirects=False)
        return _checked(answer, expected)

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


def _checked(answer: requests.Response, expected: int) -> requests.Response:
    if answer.status_code != expected:
        errors = re.findall(r'class="[^"]*error[^"]*"[^>]*>([^<]+)', answer.text)
        told = f"{answer.status_code} {answer.headers.get('Location', '')}, not {expected}. {errors}"
        raise RuntimeError(f"{answer.request.method} {answer.url}: {told}")
    return answer


def timed(into: Measured, call: Callable[[], requests.Response]) -> requests.Response:
    """Call once and keep time and size."""
    began = time.perf_counter()
    answer = call()
    into.add(time.perf_counter() - began, len(answer.content))
    return answer


def all_good(page: requests.Response) -> dict[str, Any]:
    """The certify form of this page, filled in by somebody who finds all of it good and confirms what is odd."""
    fields: dict[str, Any] = dict(fields_of(page))
    fields |= dict.fromkeys(("pixel", "strip", "tracking"), "good") | {"trackermap": "exists"}
    for name in re.findall(r'name="(checklist_\w+)"', page.text):
        fields[name] = "on"
    return fields | {f"confirm_{code}": "on" for code in Question.values}


def longest_chain(asked: Iterable[dict[str, Any]]) -> int:
    """How many of these calls came one after the other: each began when the one before had ended."""
    chain, ended = 0, 0.0
    for call in sorted(asked, key=lambda one: one["started"] + (one["seconds"] or 0)):
        if call["started"] >= ended - 0.002:
            chain, ended = chain + 1, call["started"] + (call["seconds"] or 0)
    return chain
