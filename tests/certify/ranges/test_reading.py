"""Requests for lumisections: left once, served oldest first, postponed after a failure."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from certify.ranges import reading
from certify.ranges.models import LumisectionRequest
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import FRESH_FOR, leave_requests, request_certified_runs, request_missing
from certify.ranges.selectors import stored_lumisections_of
from infrastructure.database.job_lock import job_lock
from infrastructure.http.budget import Budget
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.models import LumisectionReading
from registry.models import StoredFlagRanges
from tests.factories import CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db
EXPRESS = "/Express/Collisions2018/DQM"
RUN = (315270, EXPRESS)


def read(*numbers, seconds=20):
    return read_requested_lumisections(Budget(seconds), numbers)


def requests() -> list[tuple[int, str]]:
    return list(LumisectionRequest.objects.values_list("run_number", "registry_name"))


def test_requested_run_and_dataset_are_read_at_once_and_the_request_is_gone(sandbox):
    leave_requests([RUN])
    assert (read().runs, requests()) == ([315270], [])
    stored = stored_lumisections_of(*RUN)
    assert (stored.reading.last_active, stored.segments[0].first, stored.segments[-1].last) == (
        655,
        1,
        stored.reading.last,
    )
    assert set(stored.flags.ranges) == {"pixel", "strip", "tracking"}
    services = [call["service"] for call in sandbox.requests() if call["service"] in ("oms", "registry")]
    assert sorted(services) == ["oms", "registry"]


def test_requests_are_served_oldest_first_and_keep_their_place(sandbox):
    for number in (316062, 315322, 315270):
        leave_requests([(number, "")])
    leave_requests([(316062, "")])
    assert read().runs == [316062, 315322, 315270]


def test_run_with_two_datasets_is_read_from_oms_once(sandbox):
    leave_requests([RUN, (315270, "/PromptReco/Collisions2018A/DQM")])
    assert (read().runs, requests()) == ([315270, 315270], [])
    assert [len(sandbox.requests(service)) for service in ("oms", "registry")] == [1, 2]
    assert StoredFlagRanges.objects.count() == 2


def test_command_reads_the_runs_it_is_given(sandbox):
    leave_requests([RUN])
    out = StringIO()
    call_command("read_lumisections", "315322", stdout=out)
    assert (out.getvalue(), requests()) == ("1 read, 0 failed.\n", [RUN])
    assert LumisectionReading.objects.get().run_number == 315322


def test_run_without_lumisections_is_stored_as_such(sandbox):
    leave_requests([(314749, "")])
    assert read().runs == [314749]
    assert stored_lumisections_of(314749, "").reading.last == 0


@pytest.mark.parametrize("mode", ["500", "refuse", "wrong-shape", "truncated", "401"])
def test_failure_of_oms_stores_its_sentence_and_what_run_registry_gave(sandbox, mode):
    sandbox.faults("oms", mode)
    leave_requests([RUN])
    result = read()
    request = LumisectionRequest.objects.get()
    assert result.problems == [f"{request}: {request.problem}"]
    assert request.problem.startswith("OMS ")
    assert request.retry_at > timezone.now()
    assert StoredFlagRanges.objects.count() == 1
    assert LumisectionReading.objects.count() == 0


def test_failed_request_is_served_again_later(sandbox):
    sandbox.faults("oms", "500")
    leave_requests([RUN])
    read()
    sandbox.clear()
    assert read().runs == []
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2), tick=True):
        assert read().runs == [315270]


def test_another_process_is_reading():
    leave_requests([RUN])
    with job_lock("lumisections"):
        out = StringIO()
        call_command("read_lumisections", stdout=out)
    assert out.getvalue() == "Lumisections are being read by another process. Nothing done.\n"
    assert requests() == [RUN]


def test_nothing_is_written_while_requests_wait(django_assert_num_queries):
    pairs = [RUN, (315322, "")]
    request_missing(pairs)
    with django_assert_num_queries(2) as captured:
        request_missing(pairs)
    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
    request_missing([*pairs, (316062, "")])
    assert sorted(requests()) == [RUN, (315322, ""), (316062, "")]


def test_what_is_stored_and_fresh_is_not_requested_again(sandbox, django_assert_num_queries):
    RunFactory(run_number=315270, end_time=timezone.now() - dt.timedelta(hours=1))
    request_missing([RUN])
    read()
    with django_assert_num_queries(2):
        request_missing([RUN])
    assert requests() == []


@pytest.mark.parametrize(("ended_days_ago", "name", "expected"), [(1, "", 1), (10, "", 0), (10, EXPRESS, 1)])
def test_recent_runs_and_flags_are_requested_again_later(sandbox, ended_days_ago, name, expected):
    RunFactory(run_number=315270, end_time=timezone.now() - dt.timedelta(days=ended_days_ago))
    leave_requests([(315270, name)])
    read()
    with time_machine.travel(timezone.now() + FRESH_FOR + dt.timedelta(minutes=1), tick=True):
        request_missing([(315270, name)])
    assert len(requests()) == expected


def test_run_that_was_read_before_it_was_settled_is_requested_again(sandbox):
    ended = timezone.now() - dt.timedelta(days=4)
    RunFactory(run_number=315270, end_time=ended)
    leave_requests([(315270, "")])
    with time_machine.travel(ended - dt.timedelta(hours=1), tick=True):
        read()
    request_missing([(315270, "")])
    assert requests() == [(315270, "")]


def test_run_that_oms_had_nothing_of_is_requested_again_the_next_day(sandbox):
    RunFactory(run_number=314749, end_time=timezone.now() - dt.timedelta(days=100))
    leave_requests([(314749, "")])
    read()
    request_missing([(314749, "")])
    assert requests() == []
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25), tick=True):
        request_missing([(314749, "")])
    assert requests() == [(314749, "")]


def test_flags_that_are_old_are_read_without_another_query_of_oms(sandbox):
    RunFactory(run_number=315270, end_time=timezone.now() - dt.timedelta(days=10))
    leave_requests([(315270, "")])
    read()
    sandbox.clear()
    leave_requests([RUN])
    assert read().runs == [315270]
    assert [len(sandbox.requests(service)) for service in ("oms", "registry")] == [0, 1]


def test_empty_answer_leaves_the_lumisections_that_oms_gave_before(sandbox):
    leave_requests([(315270, "")])
    read()
    sandbox.faults("oms", "not-found")
    leave_requests([(315270, "")])
    assert read(315270).problems == [
        "315270: OMS gives no lumisections of this run now; those that it gave before are used."
    ]
    assert stored_lumisections_of(315270, "").reading.last > 0


def test_answer_that_cannot_be_stored_does_not_stop_the_others(sandbox, monkeypatch, caplog):
    def store(number, *args):
        if number == 316062:
            raise OverflowError
        return store_lumisections(number, *args)

    monkeypatch.setattr(reading, "store_lumisections", store)
    for number in (316062, 315322):
        leave_requests([(number, "")])
    result = read()
    assert (result.runs, result.problems) == ([315322], ["316062: The lumisections could not be stored."])
    assert LumisectionRequest.objects.get().retry_at > timezone.now()
    assert "The lumisections of 316062 could not be stored" in caplog.text


def test_request_that_failed_twice_waits_twice_as_long(sandbox):
    sandbox.faults("oms", "500")
    leave_requests([(315270, "")])
    waits = []
    for _ in range(2):
        read(315270)
        waits.append(LumisectionRequest.objects.get().retry_at - timezone.now())
    assert [round(wait.total_seconds(), -1) for wait in waits] == [30, 60]


def test_named_run_is_read_although_it_is_postponed(sandbox):
    LumisectionRequest.objects.create(run_number=315270, retry_at=timezone.now() + dt.timedelta(hours=1))
    out = StringIO()
    call_command("read_lumisections", "315270", stdout=out)
    assert out.getvalue() == "1 read, 0 failed.\n"


def test_little_time_left_is_no_failure_of_oms(sandbox):
    leave_requests([RUN])
    budget = Budget(0.1)
    while budget.is_sufficient():
        pass
    assert read_requested_lumisections(budget).problems == []
    assert LumisectionRequest.objects.get().attempts == 0


def test_runs_with_bad_lumisections_are_requested_while_they_may_change(sandbox):
    recent = RunFactory(run_number=315270, end_time=timezone.now() - dt.timedelta(hours=1))
    CertificationFactory(run=recent, strip_ranges=[[31, 40]])
    CertificationFactory(run=RunFactory(end_time=timezone.now() - dt.timedelta(hours=1)))
    request_certified_runs()
    assert requests() == [(315270, "")]


@pytest.mark.parametrize(
    ("read_after", "end_after", "expected"), [(-1, 0, 1), (0, 0, 1), (11, 0, 0), (-1, None, 1)], ids=str
)
def test_certified_run_is_requested_until_it_was_read_after_its_end(sandbox, read_after, end_after, expected):
    """`read_after`: minutes after the end, which is an hour ago, or not known."""
    end = timezone.now() - dt.timedelta(hours=1)
    run = RunFactory(
        run_number=315270, start_time=end - dt.timedelta(hours=2), end_time=None if end_after is None else end
    )
    CertificationFactory(run=run)
    store_lumisections(run.run_number, [], end + dt.timedelta(minutes=read_after))
    request_certified_runs()
    assert len(requests()) == expected


def test_certified_runs_take_as_many_queries_for_many(sandbox, django_assert_num_queries):
    def certified(number):
        for place in range(number):
            run = RunFactory(end_time=timezone.now() - dt.timedelta(hours=1))
            CertificationFactory(run=run, strip_ranges=[[1, 2]] if place % 2 else [])
            store_lumisections(run.run_number, [], timezone.now() - dt.timedelta(hours=2))

    for number in (1, 6):
        certified(number)
        with django_assert_num_queries(6):  # runs, readings, flags, requests that wait; new requests
            request_certified_runs()
