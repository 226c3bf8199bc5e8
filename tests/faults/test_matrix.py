"""Every fault of every service on every page: the page responds, reports it, retries, and loses no input."""

from __future__ import annotations

import sys
from itertools import product

import pytest
from django.core.cache import cache
from django.db import transaction
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from certify.models import TrackerCertification
from drafts.form_token import FormToken
from infrastructure.http import client, tokens
from oms.models import OmsFill, OmsRun
from sandbox.faults import MODES
from tests.access_table import TABLE, addresses
from tests.browser_form import fields_of
from tests.factories import (
    CertificationFactory,
    DatasetFactory,
    ReconstructionFactory,
    RunFactory,
    SendingFactory,
)
from tests.faults import matrix
from tests.faults.cells import (
    COMMENT,
    FORM_DATA,
    CellRun,
    check_confirming_cell,
    check_reading_cell,
    check_refresh_cell,
    check_saving_cell,
)
from tests.faults.matrix import (
    ALIKE,
    CERTIFY_PAGE,
    CONFIRMING_PAGES,
    DATASET,
    PAGES,
    READING_PAGES,
    REFRESH_PAGE,
    RUN,
    SAVING_PAGES,
    SERVICES,
    MatrixPage,
    is_in_sample,
)
from tests.faults.timeouts import set_timeouts
from tests.proof import IS_FULL
from tests.waiting import are_concurrent

pytestmark = pytest.mark.django_db
# A cell fails by an assertion, and by an exception that reaches the page.
RED = (AssertionError, RequestException, HTTPError, OSError, ValueError, LookupError, TypeError, AttributeError)
SAMPLE = MODES if IS_FULL else ("hang", "500", "bad-values")  # where no service is requested


def _cells(*pages: MatrixPage) -> list[tuple[str, str, MatrixPage]]:
    """Service, mode and page of the tested cells."""
    return [cell for cell in product(SERVICES, MODES, pages) if IS_FULL or is_in_sample(*cell)]


def _id(value) -> str:
    return str(getattr(value, "name", value))


@pytest.fixture
def walk(request, sandbox, shifter, shifter_client, settings) -> CellRun:
    """A cell with a reference run, and without stored data of the run."""
    mode = getattr(request.node, "callspec", None) and request.node.callspec.params.get("mode")
    timeouts = set_timeouts(settings, mode or "hang")
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    return CellRun(sandbox, shifter_client, None, timeouts.budget)


def _certified(walk: CellRun, shifter) -> None:
    """A certification to change, or to send, whose run and fill are outdated."""
    dataset = DatasetFactory(name=DATASET)
    run = RunFactory(run_number=RUN)
    walk.certification = CertificationFactory(run=run, reconstruction="prompt", dataset=dataset, user=shifter)
    OmsRun.objects.update(fetched_at=None)
    OmsFill.objects.update(fetched_at=None)


@pytest.mark.once
@pytest.mark.parametrize(("service", "mode", "page"), _cells(*READING_PAGES), ids=_id)
def test_page_opens_with_the_failure_and_retries(walk, shifter, shift_leader_client, service, mode, page):
    if page.url_name in ("listruns:update", "listruns:typed-values") or page.is_for_leaders:
        _certified(walk, shifter)
    if page.is_for_leaders:
        walk.client = shift_leader_client
    check_reading_cell(walk, service, mode, page)


@pytest.mark.once
@pytest.mark.parametrize(("service", "mode", "page"), _cells(*CONFIRMING_PAGES), ids=_id)
def test_confirmation_for_run_registry_shows_the_failure_and_stores_nothing(
    walk, shifter, shift_leader_client, settings, service, mode, page
):
    settings.REGISTRY_SYNC = "on"
    _certified(walk, shifter)
    walk.client, walk.sending = shift_leader_client, SendingFactory(certification=walk.certification)
    check_confirming_cell(walk, service, mode, page)


def test_each_mode_and_each_page_is_in_the_sample():
    """Each mode with each service, and on several pages; on each page with each service a failure, and the modes that
    are unlike."""
    cells = [cell for cell in product(SERVICES, MODES, [*READING_PAGES, REFRESH_PAGE]) if is_in_sample(*cell)]
    assert {cell[:2] for cell in cells} == set(product(SERVICES, MODES))
    assert all(len({page.name for _, mode, page in cells if mode == tested}) >= 2 for tested in MODES)
    unlike = set(MODES) - set(ALIKE)
    for service, page in product(SERVICES, [*READING_PAGES, REFRESH_PAGE]):
        modes = {mode for name, mode, tested in cells if (name, tested) == (service, page)}
        assert modes > unlike


@pytest.mark.once
@pytest.mark.parametrize(("service", "mode"), [cell[:2] for cell in _cells(REFRESH_PAGE)])
def test_refresh_shows_the_failure_and_requests_again(walk, shifter, service, mode):
    _certified(walk, shifter)
    TrackerCertification.objects.update(external_info_complete=False)
    check_refresh_cell(walk, service, mode)


@pytest.mark.parametrize("page", SAVING_PAGES, ids=_id)
@pytest.mark.parametrize("mode", SAMPLE)
def test_save_makes_no_request_and_stores_the_typed_values(walk, shifter, mode, page):
    """All services fail at once, and none of them is requested."""
    if page.url_name == "listruns:update":
        _certified(walk, shifter)
    check_saving_cell(walk, mode, page)


@pytest.mark.parametrize("mode", [mode for mode in SAMPLE if mode != "bad-values"])  # OMS answers then
def test_form_opened_while_oms_is_unreachable_is_saved_with_typed_facts(walk, mode):
    """Without OMS the form requires the facts, preserves them in a refused form, and saves them."""
    walk.sandbox.faults("oms", mode)
    opened = walk.ask("get", SAVING_PAGES[0].path)
    typed = {"run-run_type": "collisions", "run-lumisections": "655", "run-energy": "6500", "fill-fill_number": "6615"}
    typed |= {"run-recorded_lumi": "78150", "run-recorded_lumi_unit": "nb^{-1}"}
    refused = walk.ask(
        "post", SAVING_PAGES[0].path, **{**fields_of(opened), **FORM_DATA, **typed, "run-lumisections": ""}
    )
    assert refused.status_code == 422
    values = {name: fields_of(refused)[name] for name in typed if name != "run-lumisections"}
    assert values == {name: [value] for name, value in typed.items() if name != "run-lumisections"}
    saved = walk.ask("post", SAVING_PAGES[0].path, **{**fields_of(refused), "run-lumisections": "655"})
    assert saved.status_code == 303
    certification = TrackerCertification.objects.get(runreconstruction__run=RUN)
    assert (certification.lumisections, certification.recorded_lumi, certification.comment) == (655, 78.15, COMMENT)


def test_page_stays_within_the_real_budget(walk, settings):
    """A sample with the time-outs of every day: connect 2 s, read 5 s, all together 10 s."""
    settings.PAGE_BUDGET_S, settings.CONNECT_TIMEOUT_S, settings.READ_TIMEOUT_S = 10, 2, 5
    walk.budget_s = 10
    walk.sandbox.faults("registry", "stall")
    check_reading_cell(walk, "oms", "hang", CERTIFY_PAGE)
    assert max(walk.seconds) > 5


def test_certify_form_requests_both_services_in_parallel(walk, settings):
    settings.PAGE_BUDGET_S, settings.CONNECT_TIMEOUT_S, settings.READ_TIMEOUT_S = 10, 2, 5
    walk.budget_s = 10
    walk.sandbox.faults("registry", "slow", seconds=2, path="datasets")
    walk.sandbox.faults("oms", "slow", seconds=2, path="runs")
    walk.ask("get", CERTIFY_PAGE.path)
    runs = [call for call in walk.sandbox.requests("oms") if call["path"].endswith("/runs")]
    assert are_concurrent([*walk.sandbox.requests("registry"), *runs])


def test_budget_holds_while_everything_is_silent(walk, settings):
    """The budget ends the request, long before the time-out of a call."""
    settings.CONNECT_TIMEOUT_S, settings.READ_TIMEOUT_S = 2, 25
    for service in SERVICES:
        walk.sandbox.faults(service, "hang")
    for page in READING_PAGES[:2]:
        cache.clear()
        assert walk.ask("get", page.path).status_code == 200


def test_page_after_the_first_failure_does_not_wait(walk, settings):
    settings.PAGE_BUDGET_S, settings.CONNECT_TIMEOUT_S, settings.READ_TIMEOUT_S = 10, 2, 1
    for service in SERVICES:
        walk.sandbox.faults(service, "hang")
    walk.budget_s = 3
    walk.ask("get", READING_PAGES[0].path)
    walk.sandbox.clear_requests()
    for page in READING_PAGES[1:4]:
        walk.ask("get", page.path)
    assert walk.sandbox.requests() == []


def _raw_answer(call, budget, _deadline):
    """As `client._send`, without converting errors."""
    with client._open_response(call, budget) as response:
        return response.json()


def test_matrix_fails_without_the_classification_of_errors(walk, settings, monkeypatch):
    """Most cells must fail; those that pass do not depend on the classification."""
    monkeypatch.setattr(client, "_send", _raw_answer)
    green, services = set(), list(SERVICES) if IS_FULL else ["registry"]
    for service, mode in product(services, MODES):
        walk.budget_s = set_timeouts(settings, mode).budget
        if _is_green(walk, service, mode):
            green.add((service, mode))
    total = len(services) * len(MODES)
    sys.stdout.write(f"Without the classification {total - len(green)} of {total} cells are red.\n")
    assert {mode for _service, mode in green} <= {"wrong-shape", "bad-values", "not-found"}
    assert total - len(green) >= total - 3 * len(services)


def _is_green(walk: CellRun, service: str, mode: str) -> bool:
    walk.sandbox.clear()
    cache.clear()
    tokens.discard_all()
    try:
        with transaction.atomic():
            check_reading_cell(walk, service, mode, CERTIFY_PAGE)
            raise _CellPassed
    except _CellPassed:
        return True
    except RED:
        return False


class _CellPassed(Exception):
    """The cell has passed. Raised to roll back its transaction."""


def test_pages_not_in_the_matrix_make_no_request(sandbox, admin, admin_client):
    """Every page of the access table outside the matrix, opened by an admin with all services unreachable."""
    for service in SERVICES:
        sandbox.faults(service, "hang")
    at = addresses()
    typed = {"sheet": FormToken(admin.pk, RUN, "prompt", f"/certify/{RUN}/prompt/").signed(), "comment": COMMENT}
    walked = {(page.url_name, page.method) for page in PAGES}
    assert walked <= TABLE.keys()
    for name, method in sorted(TABLE.keys() - walked):
        answer = getattr(admin_client, method.lower())(at[name], typed if method == "POST" else {})
        assert answer.status_code < 500, (name, method)
        outgoing = [entry for entry in sandbox.requests() if entry["service"] in SERVICES]
        assert outgoing == [], f"{method} {name} asks: enter it in tests/faults/matrix.py"


def test_table_in_the_manual_is_current():
    assert matrix.table() in matrix.MANUAL.read_text(encoding="utf-8"), "make matrix writes it anew"
