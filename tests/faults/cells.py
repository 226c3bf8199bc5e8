"""How a cell of the matrix is walked: break the service, open or save the page, look at it, try again."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from certify.models import TrackerCertification
from infrastructure.http import status, tokens
from oms.models import OmsFill, OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD
from tests.faults.matrix import REFRESH_PAGE, RUN, SERVICES, MatrixPage, failure_text, is_silent

if TYPE_CHECKING:
    from django.test import Client

    from tests.sandbox_server import SandboxForTests

NEXT_STEP = re.compile(r"try again|query again|try later|type (the|them)|by hand|check the number", re.IGNORECASE)
COMMENT = "seven words that nobody wants to retype"
FORM_DATA = {**GOOD, "comment": COMMENT}
RENDERING_S = 10  # beside the time for the outside, on a machine that does other things too; faults last 30 s


class MainContent(HTMLParser):
    """The paragraphs and the links of a page's own part, without the frame around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self.links: list[str] = []
        self._is_main = self._is_open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_main = self._is_main or tag == "main"
        if self._is_main and tag == "p":
            self.paragraphs.append("")
            self._is_open = True
        if self._is_main and tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._is_main = self._is_main and tag != "main"
        self._is_open = self._is_open and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.paragraphs[-1] = " ".join(f"{self.paragraphs[-1]} {data}".split())

    def paragraphs_with(self, words: str) -> list[str]:
        """The paragraphs with these words in them."""
        return [one for one in self.paragraphs if words in one]


@dataclass
class CellRun:
    """One cell under way: whose browser, against which sandbox, on which certification."""

    sandbox: SandboxForTests
    client: Client
    certification: TrackerCertification | None
    budget_s: float
    seconds: list[float] = field(default_factory=list)

    def path_of(self, page: MatrixPage) -> str:
        return page.path or f"/list/{self.certification.pk if self.certification else 0}/update/"

    def ask(self, method: str, path: str, **data: Any) -> Any:
        """The answer of the page, held against the budget and against 5xx."""
        began = time.monotonic()
        answer = getattr(self.client, method)(path, data)
        self.seconds.append(time.monotonic() - began)
        assert self.seconds[-1] < self.budget_s + RENDERING_S, f"{self.seconds[-1]:.2f} s"
        assert answer.status_code < 500
        return answer

    def asked(self, service: str) -> int:
        return len(self.sandbox.requests(service))


def check_reading_cell(walk: CellRun, service: str, mode: str, page: MatrixPage, seconds: float = 30) -> None:
    """A page that asks the outside: it opens, says what happened and what to do next, and its retry retries."""
    assert not any(state.is_out for state in status.service_states()), "something was out before"
    walk.sandbox.faults(service, mode, seconds=seconds)
    answer = walk.ask("get", walk.path_of(page))
    assert answer.status_code == 200
    assert (walk.asked(service) > 0) == (service in page.asks), "the fault was not reached"
    main, words = MainContent(answer.content.decode()), failure_text(service, mode, page)
    if service not in page.asks:
        assert main.paragraphs_with(words) == []
        return
    _check_header(answer.content.decode(), service, mode)
    said = main.paragraphs_with(words)
    assert said, f"“{words}” is not in {main.paragraphs}"
    assert all(NEXT_STEP.search(one) for one in said), said
    assert len(said) == len(set(said)), "said twice"
    _check_retry(walk, service, page, main, words)


def _check_header(html: str, service: str, mode: str) -> None:
    """Above the page stands which service is out and since when; one that has nothing, or a bad row, is not out."""
    is_outage = not (mode == "not-found" and service != "sso") and (service, mode) != ("oms", "bad-values")
    assert bool(re.search(f"{SERVICES[service]} out since [0-2][0-9]:[0-5][0-9] UTC", html)) == is_outage


def _check_retry(walk: CellRun, service: str, page: MatrixPage, main: MainContent, words: str) -> None:
    """The link asks the service once more although it has just failed, and all is well again."""
    again = next(link for link in main.links if "again=1" in link)
    walk.sandbox.clear()
    with override_settings(PAGE_BUDGET_S=10, CONNECT_TIMEOUT_S=2, READ_TIMEOUT_S=5):
        answer = walk.ask("get", urljoin(walk.path_of(page), again))
    assert answer.status_code == 200
    assert walk.asked(service) > 0, "retry did not retry"
    assert MainContent(answer.content.decode()).paragraphs_with(words) == []


def _clear_caches() -> None:
    """Whoever asked now would have to ask: nothing is remembered, and what OMS said has grown old."""
    cache.clear()
    tokens.discard_all()
    old = timezone.now() - timedelta(hours=1)
    OmsRun.objects.update(fetched_at=old, end_time=None)
    OmsFill.objects.update(fetched_at=old, end_time=None, end_stable_beam=None)


def check_saving_cell(walk: CellRun, mode: str, page: MatrixPage, seconds: float = 30) -> None:
    """A save while every service is out: it asks nobody, keeps what was typed, and saves it."""
    path = walk.path_of(page)
    opened = walk.client.get(path)
    _clear_caches()
    walk.sandbox.clear()
    for service in SERVICES:
        walk.sandbox.faults(service, mode, seconds=seconds)
    sent = {**fields_of(opened), **FORM_DATA}
    refused = walk.ask("post", path, **{**sent, "date": ""})
    assert refused.status_code == 422
    assert {name: fields_of(refused)[name] for name in FORM_DATA} == {
        name: [value] for name, value in FORM_DATA.items()
    }
    saved = walk.ask("post", path, **{**fields_of(refused), "date": fields_of(opened)["date"]})
    assert saved.status_code == 303
    assert TrackerCertification.objects.get(runreconstruction__run=RUN).comment == COMMENT
    assert walk.sandbox.requests() == [], "a save asked the outside"


def check_refresh_cell(walk: CellRun, service: str, mode: str, seconds: float = 30) -> None:
    """The button that asks OMS and Run Registry: it says what is out, touches nothing typed, and asks again."""
    assert not any(state.is_out for state in status.service_states()), "something was out before"
    OmsRun.objects.filter(pk=RUN).update(lumisections=5, typed={"lumisections": {"by": "shifter", "at": "2018-05-01"}})
    walk.sandbox.faults(service, mode, seconds=seconds)
    answer = walk.ask("post", REFRESH_PAGE.path)
    assert walk.asked(service) > 0, "the fault was not reached"
    if is_silent(service, mode):
        assert answer.status_code == 303
    else:
        html, words = answer.content.decode(), failure_text(service, mode, REFRESH_PAGE)
        said = MainContent(html).paragraphs_with(words)
        assert answer.status_code == 200
        assert said, f"“{words}” is not in {MainContent(html).paragraphs}"
        assert all(NEXT_STEP.search(one) for one in said), said
        assert len(said) == len(set(said)), "said twice"
        _check_header(html, service, mode)
    walk.sandbox.clear()
    assert walk.ask("post", REFRESH_PAGE.path).status_code == 303
    assert walk.asked(service) > 0, "retry did not retry"
    assert OmsRun.objects.get(pk=RUN).lumisections == 5, "a typed value was overwritten"
