import json
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Unreachable
from registry import bulk_queries
from registry.bulk_queries import (
    BLOCK_SIZE,
    flags_of_listed_runs,
    flags_of_runs,
    open_datasets_between,
    open_datasets_of,
)
from tests.infrastructure.http.local_server import Answer
from tests.registry.test_flags import flagged_row

WIDE = range(315200, 315400)  # four blocks


def budget():
    return Budget(5)


def request_bodies(sandbox):
    return [call["body"] for call in sandbox.requests("registry")]


def test_all_datasets_of_the_runs_come_with_their_counts(sandbox):
    flags = flags_of_runs(WIDE, budget())
    express = next(row for row in flags.datasets if (row.run_number, row.dataset.name[:8]) == (315270, "/Express"))
    assert express.counts["tracking"] == {"EMPTY": 0, "NOTSET": 663}
    assert "online" in {row.dataset.name for row in flags.datasets}
    assert flags.answered == frozenset(WIDE)
    assert flags.problem is None


def test_runs_are_requested_in_blocks_and_other_runs_are_removed(sandbox):
    flags = flags_of_runs([315259, 315270, 315322], budget())
    assert {row.run_number for row in flags.datasets} == {315259, 315270, 315322}
    assert len(request_bodies(sandbox)) == 2
    assert flags.answered == {315259, 315270, 315322}


def test_listed_runs_are_requested_fifty_at_once_however_far_apart_they_are(sandbox):
    runs = range(314650, 316050, 16)
    assert len(runs) > 86
    flags = flags_of_listed_runs(runs, budget())
    assert len(request_bodies(sandbox)) == 2
    assert flags.answered == frozenset(runs)
    assert flags.datasets == [row for row in flags_of_runs(runs, budget()).datasets if row.run_number in runs]
    sandbox.clear_requests()
    assert flags_of_listed_runs(runs, budget()) == flags
    assert request_bodies(sandbox) == []


def test_cached_blocks_are_not_requested_again(sandbox):
    first = flags_of_runs(WIDE, budget())
    sandbox.faults("registry", "500")
    again = flags_of_runs(WIDE, budget())
    assert again.problem is None
    assert again.datasets == first.datasets
    assert again.first_asked == first.first_asked


def test_since_bypasses_older_cached_blocks(sandbox):
    flags_of_runs(WIDE, budget())
    sandbox.clear_requests()
    flags_of_runs(WIDE, budget(), since=timezone.now())
    assert len(request_bodies(sandbox)) == len(WIDE) / BLOCK_SIZE


def test_part_of_the_blocks_is_returned_while_others_fail(sandbox):
    flags_of_runs(range(315300, 315400), budget())
    sandbox.faults("registry", "500")
    flags = flags_of_runs(WIDE, budget())
    assert flags.answered == set(range(315300, 315400))
    assert flags.problem.sentence.startswith("Run Registry answered with an error (500).")
    sandbox.clear()
    assert flags_of_runs(WIDE, Budget(5, is_retry=True)).problem is None
    assert len(request_bodies(sandbox)) == 2, "answered blocks were requested again"


def test_a_single_run_is_requested_alone_and_its_neighbours_later(sandbox):
    flags_of_runs([315270], budget())
    assert request_bodies(sandbox)[0]["filter"] == {"run_number": {"and": [{">=": 315270}, {"<=": 315270}]}}
    assert flags_of_runs([315266, 315270], budget()).answered == {315266, 315270}
    flags_of_runs([315268], budget())
    assert len(request_bodies(sandbox)) == 2


def test_no_runs_make_no_request(sandbox):
    assert flags_of_runs([], budget()).datasets == []
    assert open_datasets_of([], budget()).value == []
    assert sandbox.requests() == []


def test_second_page_of_a_block_is_read(stand_in, monkeypatch):
    monkeypatch.setattr(bulk_queries, "PAGE_SIZE", 1)

    def pages(request):
        page = json.loads(request["body"])["page"]
        return Answer({"datasets": [flagged_row(number=315250 + page)], "count": 2, "pages": 2})

    stand_in.answer_with(pages)
    assert [row.run_number for row in flags_of_runs([315250, 315251], budget()).datasets] == [315250, 315251]


def test_open_datasets_of_runs_and_of_days(sandbox):
    of_runs = open_datasets_of([315189, 315190, 315257], budget())
    assert {row.run_number for row in of_runs.value} <= {315190, 315257}
    assert {row.dataset.state for row in of_runs.value} == {"OPEN"}
    day = datetime(2018, 4, 28, tzinfo=UTC)
    of_days = open_datasets_between(day, day + timedelta(days=1), budget())
    assert isinstance(of_days, Found)
    assert of_days.value
    assert {row.dataset.state for row in of_days.value} == {"OPEN"}
    assert request_bodies(sandbox)[1]["filter"]["oms_attributes.start_time"] == {
        "and": [{">=": "2018-04-28T00:00:00Z"}, {"<": "2018-04-29T00:00:00Z"}]
    }


def test_failing_registry_is_unreachable(sandbox):
    sandbox.faults("registry", "refuse")
    assert isinstance(open_datasets_of([315190], budget()), Unreachable)
