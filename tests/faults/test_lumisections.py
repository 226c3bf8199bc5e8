"""Every fault of every service on the lumisections of a run: pages never wait, failures are postponed and read later.

The column "lumisections" of the matrix, for HTML and JSON.
"""

from __future__ import annotations

import datetime as dt
from io import StringIO
from itertools import product
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from certify.models.components import FLAG_FIELDS
from certify.ranges.models import LumisectionRequest
from sandbox.faults import MODES
from tests.faults.cells import CellRun, MainContent
from tests.faults.matrix import (
    DATASET,
    LUMISECTIONS_PAGE,
    RUN,
    SERVICES,
    failure_text,
    is_in_sample,
    is_lumisections_failure,
)
from tests.faults.timeouts import UNANSWERED, set_timeouts
from tests.proof import IS_FULL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# All flags are set, so that those of Run Registry are shown too.
QUERY = {"dataset": DATASET, **dict.fromkeys(FLAG_FIELDS, "good")}
LATER = dt.timedelta(minutes=2)


def _cells() -> list[tuple[str, str]]:
    """Service and mode of the tested cells."""
    return [cell for cell in product(SERVICES, MODES) if IS_FULL or is_in_sample(*cell, LUMISECTIONS_PAGE)]


@pytest.fixture
def walk(request, sandbox, shifter_client, settings) -> CellRun:
    timeouts = set_timeouts(settings, request.node.callspec.params["mode"])
    return CellRun(sandbox, shifter_client, None, timeouts.budget)


def shown(walk: CellRun) -> tuple[str, dict[str, Any]]:
    """The text of the page and its JSON, for which no service is requested."""
    before = len(walk.sandbox.requests())
    html, data = (walk.ask("get", LUMISECTIONS_PAGE.path, **QUERY, **query) for query in ({}, {"format": "json"}))
    assert (html.status_code, data.status_code) == (200, 200)
    assert max(walk.seconds[-2:]) < walk.budget_s
    assert len(walk.sandbox.requests()) == before
    return " ".join(MainContent(html.text).paragraphs), data.json()


def read_lumisections(walk: CellRun) -> tuple[str, str]:
    """What the command writes to standard output and error. An exception is a failure of the command."""
    out, err = StringIO(), StringIO()
    call_command("read_lumisections", seconds=walk.budget_s, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(("service", "mode"), _cells())
def test_lumisections_are_postponed_with_the_failure_and_read_later(walk, service, mode):
    walk.sandbox.faults(service, mode)
    text, data = shown(walk)
    assert (f"The lumisections of run {RUN} are being read." in text, data["state"]) == (True, "requested")
    out, err = read_lumisections(walk)
    assert walk.request_count(service) > 0, "the fault was not reached"
    if not is_lumisections_failure(service, mode):
        assert (out, err) == ("1 read, 0 failed.\n", "")
        _check_read(walk, service, mode)
        return
    _check_postponed(walk, service, mode, out, err)
    walk.sandbox.clear()
    assert read_lumisections(walk) == ("0 read, 0 failed.\n", "")  # not due yet
    with time_machine.travel(timezone.now() + LATER, tick=True):
        assert read_lumisections(walk) == ("1 read, 0 failed.\n", "")
        text, data = shown(walk)
    assert (data["state"], data["registry"]["strip"] != []) == ("ready", True)
    assert "lumisections with the whole Tracker on" in text
    assert failure_text(service, mode, LUMISECTIONS_PAGE) not in text
    assert not LumisectionRequest.objects.exists()


def _check_postponed(walk: CellRun, service: str, mode: str, out: str, err: str) -> None:
    """The command and the page name the failure, and the page when the request is tried again."""
    failure, request = failure_text(service, mode, LUMISECTIONS_PAGE), LumisectionRequest.objects.get()
    assert out.startswith("0 read, ") and failure in err
    assert (request.attempts, request.retry_at > timezone.now()) == (1, True)
    text, data = shown(walk)
    assert data["state"] == ("ready" if service == "registry" else "unavailable")
    assert text.count(failure) == 1 or (failure in text and mode in UNANSWERED)  # the seconds may differ
    assert f"It is tried again at {request.retry_at:%H:%M:%S} UTC." in text


def _check_read(walk: CellRun, service: str, mode: str) -> None:
    text, data = shown(walk)
    if (service, mode) == ("oms", "not-found"):
        assert (f"OMS has no lumisections of run {RUN}." in text, data["state"]) == (True, "none")
    else:
        assert data["state"] == "ready"
        assert ("recorded_lumi: unknown unit" in text) == ((service, mode) == ("oms", "bad-values"))
        assert (data["registry"]["strip"] == []) == ((service, mode) == ("registry", "not-found"))


@pytest.mark.parametrize("mode", MODES if IS_FULL else ("hang", "500", "wrong-shape"))
def test_worker_goes_on_while_every_service_fails(walk, mode, caplog):
    for service in SERVICES:
        walk.sandbox.faults(service, mode)
    shown(walk)
    call_command("work", once=True)
    assert "The job" not in caplog.text
    request = LumisectionRequest.objects.get()
    assert (request.attempts, bool(request.problem), request.retry_at > timezone.now()) == (1, True, True)
    assert shown(walk)[1]["state"] == "unavailable"
