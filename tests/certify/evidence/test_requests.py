"""Requests for histograms: left by a search, with few queries; served with the reference, postponed on failure."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from certify.evidence import reading
from certify.evidence.models import EvidenceRequest
from certify.evidence.reading import first_reference, read_requested_evidence
from certify.evidence.requests import FRESH_FOR, SETTLED_AFTER, leave_evidence_requests, request_evidence
from certify.evidence.states import EvidenceState, stored_evidence
from dials.elements import ELEMENTS
from dials.models import HistogramReading
from infrastructure.database.job_lock import job_lock
from infrastructure.http.budget import Budget
from oms.lumisections.client import fetch_lumisections
from oms.lumisections.mirror import store_lumisections
from sandbox.dials.defects import PARTLY_INGESTED
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory
from tests.openruns.open_runs_page import search

EXPRESS, PROMPT = "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"
RUN = (315264, PROMPT)
REFERENCE = 315259


@pytest.fixture
def few_elements(monkeypatch):
    """Two elements instead of six, one of them a map."""
    monkeypatch.setattr("dials.reading.read_histograms.__defaults__", (ELEMENTS[:2],))


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_elements")]


def requests() -> list[tuple[int, str]]:
    return sorted(EvidenceRequest.objects.values_list("run_number", "registry_name"))


def read(*numbers, seconds=60):
    return read_requested_evidence(Budget(seconds), numbers)


def command(*arguments, **options) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("read_evidence", *arguments, **options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_search_requests_the_histograms_of_open_datasets_and_asks_dials_nothing(shifter_client, sandbox):
    search(shifter_client, "315270,316062")
    assert {(315270, EXPRESS), (316062, EXPRESS)} <= set(requests())
    assert sandbox.requests("dials") == []


def test_cosmics_are_not_requested(shifter_client, sandbox, django_assert_num_queries):
    with django_assert_num_queries(0):
        request_evidence([(315270, ""), (315270, "/Express/Cosmics18/DQM"), (315270, "online")])


def test_nothing_is_requested_without_dials(settings, django_assert_num_queries):
    settings.DIALS_URL = ""
    with django_assert_num_queries(0):
        request_evidence([RUN])
    assert command() == ("DIALS is not configured (DIALS_URL is empty). Nothing done.\n", "")
    assert read().read == []


def test_request_is_left_once_with_few_queries(sandbox, django_assert_num_queries):
    pairs = [RUN, (315270, EXPRESS)]
    with django_assert_num_queries(3):
        request_evidence(pairs)
    with django_assert_num_queries(2):
        request_evidence(pairs)
    assert requests() == sorted(pairs)


def test_worker_reads_what_was_requested(sandbox):
    leave_evidence_requests([RUN])
    call_command("work", once=True)
    assert HistogramReading.objects.get().is_complete
    assert requests() == []


def test_what_is_read_is_requested_again_after_an_hour_until_it_has_not_changed_for_days(
    sandbox, django_assert_num_queries
):
    leave_evidence_requests([RUN])
    read()
    with django_assert_num_queries(1):
        request_evidence([RUN])
    now = timezone.now()
    with time_machine.travel(now + FRESH_FOR + dt.timedelta(minutes=1), tick=True):
        request_evidence([RUN])
        assert requests() == [RUN]
    with time_machine.travel(now + SETTLED_AFTER + dt.timedelta(minutes=1), tick=True):
        sandbox.clear_requests()
        assert read().read == [f"{RUN[0]} {PROMPT}"]
        assert [call["status"] for call in sandbox.requests("dials")] in ([200], [403, 200])  # the token is old
    with time_machine.travel(now + dt.timedelta(days=30), tick=True):
        request_evidence([RUN])
        assert requests() == []


def test_reference_that_is_offered_first_is_read_too(sandbox):
    run = RunFactory(run_number=RUN[0], run_type="collisions")
    ReconstructionFactory(
        run=RunFactory(run_number=315270, run_type="cosmics"), reconstruction="prompt", is_reference=True
    )
    reference = ReconstructionFactory(
        run=RunFactory(run_number=REFERENCE, run_type="collisions", b_field=run.b_field),
        reconstruction="prompt",
        is_reference=True,
    )
    assert first_reference(*RUN) == (reference.run_id, PROMPT)
    leave_evidence_requests([RUN])
    read()
    assert sorted(HistogramReading.objects.values_list("run_number", "is_complete")) == [
        (REFERENCE, True),
        (RUN[0], True),
    ]
    sandbox.clear_requests()
    leave_evidence_requests([RUN])
    read()
    assert len(sandbox.requests("dials")) == 1  # the reference is fresh


def test_reference_has_the_dataset_in_which_it_is_certified(sandbox):
    RunFactory(run_number=RUN[0], run_type="collisions")
    certified = CertificationFactory(
        runreconstruction=ReconstructionFactory(
            run=RunFactory(run_number=REFERENCE, run_type="collisions"), reconstruction="express", is_reference=True
        ),
        dataset__name=EXPRESS,
    )
    assert certified.runreconstruction.is_reference
    assert first_reference(*RUN) == (REFERENCE, EXPRESS)


def test_command_reads_the_open_datasets_of_the_runs_it_is_given(sandbox):
    """Prompt of the newest run is open, but not in DIALS yet."""
    assert command("316082") == ("2 read, 0 failed.\n", "")
    readings = HistogramReading.objects.order_by("registry_name")
    assert list(readings.values_list("registry_name", "dataset", "is_complete")) == [
        (EXPRESS, "/StreamExpress/Run2018A-Express-v1/DQMIO", True),
        (PROMPT, "", False),
    ]


def test_command_names_runs_that_dials_never_has(sandbox):
    out, err = command("314321", "399999")
    assert out == "0 read, 0 failed.\n"
    assert err.splitlines() == [
        f"{number}: Run Registry has no dataset of this run that DIALS takes." for number in (314321, 399999)
    ]


def test_command_needs_run_registry_for_given_runs_alone(sandbox):
    sandbox.faults("registry", "500")
    with pytest.raises(CommandError, match="Run Registry answered with an error"):
        command(str(RUN[0]))
    leave_evidence_requests([RUN])
    assert command() == ("1 read, 0 failed.\n", "")


def test_another_process_is_reading(sandbox):
    leave_evidence_requests([RUN])
    with job_lock("evidence"):
        assert command() == ("Histograms are being read by another process. Nothing done.\n", "")
    assert requests() == [RUN]


def test_time_that_is_up_is_no_failure(sandbox, monkeypatch):
    """The request remains due, and the next call goes on."""
    leave_evidence_requests([RUN])
    budget = Budget(60)
    fetched = reading.read_histograms

    def read_until_time_is_up(*arguments):
        budget._deadline = 0
        return fetched(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(reading, "read_histograms", read_until_time_is_up)
        result = read_requested_evidence(budget)
    assert (result.is_unfinished, result.problems, EvidenceRequest.objects.get().attempts) == (True, [], 0)
    assert read().read == [f"{RUN[0]} {PROMPT}"]


def test_answer_that_cannot_be_stored_does_not_stop_the_others(sandbox, monkeypatch, caplog):
    fetched = reading.read_histograms

    def fail_once(run_number, *arguments):
        if run_number == 315357:
            raise OverflowError
        return fetched(run_number, *arguments)

    monkeypatch.setattr(reading, "read_histograms", fail_once)
    for pair in ((315357, PROMPT), RUN):
        leave_evidence_requests([pair])
    result = read()
    assert (result.read, result.problems) == (
        [f"{RUN[0]} {PROMPT}"],
        [f"315357 {PROMPT}: The histograms could not be stored."],
    )
    assert "could not be stored" in caplog.text


@pytest.mark.usefixtures("sandbox")
class TestStates:
    def test_without_dials_for_cosmics_and_before_a_request(self, settings, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert stored_evidence(315270, "/Express/Cosmics18/DQM").state == EvidenceState.NEVER
            assert stored_evidence(315270, "").state == EvidenceState.NEVER
        assert stored_evidence(*RUN).state == EvidenceState.NOT_REQUESTED
        request_evidence([RUN])
        assert stored_evidence(*RUN).state == EvidenceState.REQUESTED
        settings.DIALS_URL = ""
        assert stored_evidence(*RUN).state == EvidenceState.NOT_CONFIGURED

    @pytest.mark.parametrize(
        ("mode", "state"),
        [("refuse", "out"), ("500", "out"), ("403", "refused"), ("redirect", "refused"), ("wrong-shape", "format")],
    )
    def test_failure_is_named_with_the_time_of_the_next_attempt(self, sandbox, mode, state):
        sandbox.faults("dials", mode)
        leave_evidence_requests([RUN])
        result = read()
        stored = stored_evidence(*RUN)
        assert (stored.state, f"{RUN[0]} {PROMPT}: {stored.problem}") == (state, result.problems[0])
        assert stored.problem.startswith("DIALS ") and stored.retry_at > timezone.now()

    def test_absent_run(self):
        leave_evidence_requests([(315490, PROMPT)])
        read()
        assert stored_evidence(315490, PROMPT).state == EvidenceState.ABSENT

    @pytest.mark.parametrize("shape", ["1.12", "2.x"])
    def test_partly_ingested_run(self, sandbox, shape, django_assert_num_queries):
        """DIALS 1.12 does not say it: the lumisections of OMS do."""
        sandbox.dials(shape=shape)
        leave_evidence_requests([RUN])
        read()
        store_lumisections(RUN[0], fetch_lumisections(RUN[0], Budget(20)).value.rows, timezone.now())
        with django_assert_num_queries(3):
            stored = stored_evidence(*RUN)
        assert stored.state == EvidenceState.PARTLY_INGESTED
        count = sum(last - first + 1 for first, last in stored.absent)
        assert count == round((1 - PARTLY_INGESTED[RUN[0]]) * 261)

    def test_reading_that_broke_off_and_complete_one(self, sandbox, settings):
        sandbox.dials(ingested={str(RUN[0]): 1})
        settings.BREAKER_SECONDS = 0
        sandbox.faults("dials", "500", path="th2")
        leave_evidence_requests([RUN])
        read()
        assert stored_evidence(*RUN).state == EvidenceState.OUT
        assert stored_evidence(*RUN).reading.summaries.count() == 1
        EvidenceRequest.objects.all().delete()
        assert stored_evidence(*RUN).state == EvidenceState.PARTLY_READ
        sandbox.clear_faults()
        leave_evidence_requests([RUN])
        read()
        assert stored_evidence(*RUN).state == EvidenceState.COMPLETE
