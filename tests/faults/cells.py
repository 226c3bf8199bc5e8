"""The checks of one cell of the matrix: set the fault, open or save the page, check it, retry."""

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
from registry_sync.models import Sending
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD
from tests.faults.matrix import REFRESH_PAGE, RUN, SERVICES, MatrixPage, failure_text, is_silent

if TYPE_CHECKING:
    from django.test import Client

    from tests.sandbox_server import SandboxForTests

NEXT_STEP = re.compile(
    r"try again|query again|try later|type (the|them)|by hand|check the number|tell the administrator", re.IGNORECASE
)
COMMENT = "seven words that nobody wants to retype"
FORM_DATA = {**GOOD, "comment": COMMENT}
RENDERING_S = 10  # in addition to the time for outside services, on a busy machine; faults last 30 s


class MainContent(HTMLParser):
    """The paragraphs (list items too) and links of the main content of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self.links: list[str] = []
        self._is_main = self._is_open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_main = self._is_main or tag == "main"
        if self._is_main and tag in ("p", "li"):
            self.paragraphs.append("")
            self._is_open = True
        if self._is_main and tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._is_main = self._is_main and tag != "main"
        self._is_open = self._is_open and tag not in ("p", "li")

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.paragraphs[-1] = " ".join(f"{self.paragraphs[-1]} {data}".split())

    def paragraphs_with(self, text: str) -> list[str]:
        """The paragraphs that contain the text."""
        return [paragraph for paragraph in self.paragraphs if text in paragraph]


@dataclass
class CellRun:
    """The client, sandbox and certification of one cell."""

    sandbox: SandboxForTests
    client: Client
    certification: TrackerCertification | None
    budget_s: float
    seconds: list[float] = field(default_factory=list)
    sending: Sending | None = None

    def path_of(self, page: MatrixPage) -> str:
        key = self.certification.pk if self.certification else 0
        return (page.path or "/list/{pk}/update/").format(pk=key, sending=self.sending.pk if self.sending else 0)

    def ask(self, method: str, path: str, **data: Any) -> Any:
        """The response of the page, checked to be within the budget and not 5xx."""
        began = time.monotonic()
        answer = getattr(self.client, method)(path, data)
        self.seconds.append(time.monotonic() - began)
        assert self.seconds[-1] < self.budget_s + RENDERING_S, f"{self.seconds[-1]:.2f} s"
        assert answer.status_code < 500
        return answer

    def request_count(self, service: str) -> int:
        return len(self.sandbox.requests(service))


def check_reading_cell(walk: CellRun, service: str, mode: str, page: MatrixPage, seconds: float = 30) -> None:
    """A page that requests outside services opens, shows failure and advice, and its link retries."""
    assert not any(state.is_out for state in status.service_states()), "something was out before"
    walk.sandbox.faults(service, mode, seconds=seconds)
    answer = walk.ask("get", walk.path_of(page))
    assert answer.status_code == 200
    assert (walk.request_count(service) > 0) == (service in page.asks), "the fault was not reached"
    main, failure = MainContent(answer.content.decode()), failure_text(service, mode, page)
    if service not in page.asks:
        assert main.paragraphs_with(failure) == []
        return
    _check_header(answer.content.decode(), service, mode)
    paragraphs = main.paragraphs_with(failure)
    assert paragraphs, f"“{failure}” is not in {main.paragraphs}"
    assert all(NEXT_STEP.search(paragraph) for paragraph in paragraphs), paragraphs
    assert len(paragraphs) == len(set(paragraphs)), "said twice"
    _check_retry(walk, service, page, main, failure)


def _check_header(html: str, service: str, mode: str) -> None:
    """The header names the unreachable service and since when; a missing or invalid row is no outage."""
    is_outage = not (mode == "not-found" and service != "sso") and (service, mode) != ("oms", "bad-values")
    assert bool(re.search(f"{SERVICES[service]} out since [0-2][0-9]:[0-5][0-9] UTC", html)) == is_outage


def _check_retry(walk: CellRun, service: str, page: MatrixPage, main: MainContent, failure: str) -> None:
    """The link requests the service again although it has just failed, and the failure is gone."""
    again = next(link for link in main.links if "again=1" in link)
    walk.sandbox.clear()
    with override_settings(PAGE_BUDGET_S=10, CONNECT_TIMEOUT_S=2, READ_TIMEOUT_S=5):
        answer = walk.ask("get", urljoin(walk.path_of(page), again))
    assert answer.status_code == 200
    assert walk.request_count(service) > 0, "retry did not retry"
    assert MainContent(answer.content.decode()).paragraphs_with(failure) == []


def _clear_caches() -> None:
    """Make the next page request the services: empty the caches, and let the facts of OMS expire."""
    cache.clear()
    tokens.discard_all()
    old = timezone.now() - timedelta(hours=1)
    OmsRun.objects.update(fetched_at=old, end_time=None)
    OmsFill.objects.update(fetched_at=old, end_time=None, end_stable_beam=None)


def check_saving_cell(walk: CellRun, mode: str, page: MatrixPage, seconds: float = 30) -> None:
    """Saving while every service is unreachable makes no request and stores the typed values."""
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
    """The refresh button reports the unreachable service, changes no typed value, and requests it again."""
    assert not any(state.is_out for state in status.service_states()), "something was out before"
    OmsRun.objects.filter(pk=RUN).update(lumisections=5, typed={"lumisections": {"by": "shifter", "at": "2018-05-01"}})
    walk.sandbox.faults(service, mode, seconds=seconds)
    answer = walk.ask("post", REFRESH_PAGE.path)
    assert walk.request_count(service) > 0, "the fault was not reached"
    if is_silent(service, mode):
        assert answer.status_code == 303
    else:
        html, failure = answer.content.decode(), failure_text(service, mode, REFRESH_PAGE)
        paragraphs = MainContent(html).paragraphs_with(failure)
        assert answer.status_code == 200
        assert paragraphs, f"“{failure}” is not in {MainContent(html).paragraphs}"
        assert all(NEXT_STEP.search(paragraph) for paragraph in paragraphs), paragraphs
        assert len(paragraphs) == len(set(paragraphs)), "said twice"
        _check_header(html, service, mode)
    walk.sandbox.clear()
    assert walk.ask("post", REFRESH_PAGE.path).status_code == 303
    assert walk.request_count(service) > 0, "retry did not retry"
    assert OmsRun.objects.get(pk=RUN).lumisections == 5, "a typed value was overwritten"


def check_confirming_cell(walk: CellRun, service: str, mode: str, page: MatrixPage, seconds: float = 30) -> None:
    """A confirmation while a service is unreachable reports it and stores nothing for the sender."""
    path, before = walk.path_of(page), Sending.objects.count()
    plan = walk.client.get(f"/list/{walk.certification.pk if walk.certification else 0}/registry/")
    _clear_caches()
    walk.sandbox.clear()
    walk.sandbox.faults(service, mode, seconds=seconds)
    answer = walk.ask("post", path, **fields_of(plan, "digest"), purpose="complete")
    assert (walk.request_count(service) > 0) == (service in page.asks), "the fault was not reached"
    if service not in page.asks:
        return
    shown = answer if answer.status_code == 409 else walk.client.get(answer.url)
    failure = failure_text(service, mode, page)
    assert MainContent(shown.content.decode()).paragraphs_with(failure), f"“{failure}” is not shown"
    assert Sending.objects.count() == before
