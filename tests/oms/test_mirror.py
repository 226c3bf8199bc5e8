from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Missing, Unreachable
from oms import mirror, sanity
from oms.models import OmsFill, OmsRun
from sandbox import world
from tests.infrastructure.http.local_server import Answer
from tests.oms.rows import answer, fill_row, run_row

pytestmark = pytest.mark.django_db
RUN, FILL = 315270, 6616
DURING = datetime(2018, 4, 27, 20, 0, tzinfo=UTC)
TYPED_VALUE = 1.5


def budget():
    return Budget(5)


def retry():
    """The budget of a retry by the user, which ignores an open circuit breaker."""
    return Budget(5, is_retry=True)


def typed_run(**attributes):
    """A run with these typed attributes."""
    mark = {"by": "shifter", "at": "2018-04-27T20:00:00+00:00"}
    return OmsRun.objects.create(run_number=RUN, typed=dict.fromkeys(attributes, mark), **attributes)


def test_new_run_costs_two_calls_in_sequence_and_one_token(sandbox):
    page = mirror.run_for_page(RUN, budget())
    calls = sandbox.requests("oms")
    assert [call["path"].rsplit("/", 1)[1] for call in calls] == ["runs", "fills"]
    assert calls[1]["started"] >= calls[0]["started"] + calls[0]["seconds"]
    assert len(sandbox.requests("sso")) == 1
    assert isinstance(page.run_result, Found)
    assert isinstance(page.fill_result, Found)
    assert page.run.fill == OmsFill.objects.get(pk=FILL)


def test_second_read_makes_no_request(sandbox):
    mirror.run_for_page(RUN, budget())
    sandbox.clear()
    page = mirror.run_for_page(RUN, budget())
    assert sandbox.requests() == []
    assert page.run_result.asked_at == page.run.fetched_at
    assert page.fill_result.value.fill_number == FILL


def test_another_run_of_a_fresh_fill_costs_one_call(sandbox):
    mirror.run_for_page(315267, budget())
    sandbox.clear()
    page = mirror.run_for_page(RUN, budget())
    assert page.run.fill_number == OmsRun.objects.get(pk=315267).fill_number == page.run.fill.fill_number
    assert len(sandbox.requests("oms")) == 1


def test_run_opened_after_open_runs_costs_no_call(sandbox):
    mirror.runs_for_page([315267, RUN, 315339], budget())
    sandbox.clear()
    assert mirror.run_for_page(RUN, budget()).run.fill.fill_number == FILL
    assert sandbox.requests() == []


def test_reading_again_makes_one_query(sandbox, django_assert_num_queries):
    mirror.run_for_page(RUN, budget())
    with django_assert_num_queries(1):
        mirror.run_for_page(RUN, budget())


def test_new_run_needs_at_most_12_queries(sandbox, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        mirror.run_for_page(RUN, budget())


@pytest.mark.parametrize("count", [5, 100])
def test_any_number_of_runs_needs_the_same_queries(sandbox, django_assert_max_num_queries, count):
    numbers = sorted(world.runs())[-count:]
    with django_assert_max_num_queries(10):
        page = mirror.runs_for_page(numbers, budget())
    assert sorted(page.runs) == numbers
    with django_assert_max_num_queries(2):
        mirror.runs_for_page(numbers, budget())


def test_runs_read_again_need_the_same_queries(stand_in, django_assert_max_num_queries):
    numbers = list(range(315270, 315290))
    stand_in.answer_with(Answer(answer(*[run_row(number) for number in numbers])), "/oms/runs")
    stand_in.answer_with(Answer(answer(fill_row())), "/oms/fills")
    with time_machine.travel(DURING, tick=False):
        mirror.runs_for_page(numbers, budget())
    with time_machine.travel(DURING + timedelta(minutes=6), tick=False), django_assert_max_num_queries(10):
        page = mirror.runs_for_page(numbers, budget())
        assert {run.fill.fill_number for run in page.runs.values()} == {FILL}


def test_run_without_fill_is_stored_without_one(sandbox):
    page = mirror.run_for_page(314207, budget())
    assert (page.run.fill_number, page.run.fill, page.fill_result) == (None, None, None)
    assert len(sandbox.requests("oms")) == 1


def test_unknown_run_is_missing_and_nothing_is_stored(sandbox):
    page = mirror.run_for_page(999999, budget())
    assert page.run is None
    assert isinstance(page.run_result, Missing)
    assert not OmsRun.objects.exists()


@pytest.mark.parametrize("mode", ["refuse", "500"])
def test_outage_stores_nothing(sandbox, mode):
    sandbox.faults("oms", mode)
    page = mirror.run_for_page(RUN, budget())
    assert (page.run, page.fill_result) == (None, None)
    assert isinstance(page.run_result, Unreachable)
    assert isinstance(mirror.runs_for_page([RUN], budget()).problem, Unreachable)
    assert not OmsRun.objects.exists()
    assert not OmsFill.objects.exists()


def test_outage_does_not_change_an_existing_row(sandbox):
    before = typed_run(lumisections=12)
    sandbox.faults("oms", "refuse")
    page = mirror.run_for_page(RUN, budget())
    assert page.run == before
    assert page.run.lumisections == 12
    assert isinstance(page.run_result, Unreachable)


def test_missing_fill_is_linked_later(sandbox):
    sandbox.faults("oms", "500", path="/fills")
    page = mirror.run_for_page(RUN, budget())
    assert isinstance(page.run_result, Found)
    assert isinstance(page.fill_result, Unreachable)
    stored = OmsRun.objects.get(pk=RUN)
    assert (stored.fill_number, stored.fill) == (FILL, None)
    sandbox.clear()
    assert isinstance(mirror.run_for_page(RUN, retry()).fill_result, Found)
    assert OmsRun.objects.get(pk=RUN).fill_id == FILL
    assert [call["path"].rsplit("/", 1)[1] for call in sandbox.requests("oms")] == ["fills"]


@pytest.mark.parametrize("budget_of", [budget, retry])
def test_fill_is_not_requested_after_the_run_failed(sandbox, budget_of):
    mirror.run_for_page(RUN, budget())
    OmsRun.objects.update(fetched_at=DURING, end_time=None)
    OmsFill.objects.update(fetched_at=DURING, end_time=None, end_stable_beam=None)
    sandbox.clear()
    sandbox.faults("oms", "500")
    page = mirror.run_for_page(RUN, budget_of())
    assert [call["path"].rsplit("/", 1)[1] for call in sandbox.requests("oms")] == ["runs"]
    assert page.fill_result == page.run_result
    assert "not queried until" not in page.fill_result.sentence


def test_failing_fills_are_a_problem_and_the_runs_are_stored(sandbox):
    sandbox.faults("oms", "500", path="/fills")
    page = mirror.runs_for_page([RUN], budget())
    assert page.runs[RUN].recorded_lumi > 0
    assert isinstance(page.problem, Unreachable)
    sandbox.clear()
    assert mirror.runs_for_page([RUN], retry()).problem is None
    assert OmsRun.objects.get(pk=RUN).fill_id == FILL


def test_fill_unknown_to_oms_is_missing(stand_in):
    stand_in.answer_with(Answer(answer(run_row())), "/oms/runs")
    stand_in.answer_with(Answer(answer()), "/oms/fills")
    page = mirror.run_for_page(RUN, budget())
    assert isinstance(page.fill_result, Missing)
    assert page.run.fill_number == FILL


def test_typed_attributes_are_preserved_on_refresh(sandbox):
    typed_run(run_type="cosmics", recorded_lumi=TYPED_VALUE)
    for page in (mirror.run_for_page(RUN, budget()), mirror.run_for_page(RUN, budget())):
        assert (page.run.run_type, page.run.recorded_lumi) == ("cosmics", TYPED_VALUE)
    stored = OmsRun.objects.get(pk=RUN)
    assert (stored.run_type, stored.recorded_lumi) == ("cosmics", TYPED_VALUE)
    assert stored.lumisections == world.runs()[RUN]["last_lumisection_number"]
    assert stored.source_of("recorded_lumi").by == "shifter"
    assert stored.reported["recorded_lumi"]["value"] == world.runs()[RUN]["recorded_lumi"]
    assert stored.reported["run_type"]["value"] == "collisions"


def test_typed_attributes_are_preserved_in_a_bulk_read(sandbox):
    typed_run(lumisections=12)
    mirror.runs_for_page([RUN, 315267], budget())
    stored = OmsRun.objects.get(pk=RUN)
    assert stored.lumisections == 12
    assert stored.typed["lumisections"]["by"] == "shifter"
    assert stored.recorded_lumi == world.runs()[RUN]["recorded_lumi"]


def test_typed_attributes_of_a_fill_are_preserved(sandbox):
    mark = {"by": "shifter", "at": "2018-04-27T20:00:00+00:00"}
    OmsFill.objects.create(fill_number=FILL, peak_pileup=TYPED_VALUE, typed={"peak_pileup": mark})
    fill = mirror.run_for_page(RUN, budget()).run.fill
    assert (fill.peak_pileup, fill.peak_lumi) == (TYPED_VALUE, world.fills()[FILL]["peak_lumi"])
    assert OmsFill.objects.get(pk=FILL).peak_pileup == TYPED_VALUE
    assert fill.reported["peak_pileup"]["value"] == world.fills()[FILL]["peak_pileup"]


def test_typed_fill_number_determines_the_fill(sandbox):
    typed_run(fill_number=6617)
    page = mirror.run_for_page(RUN, budget())
    assert page.run.fill.fill_number == 6617
    assert OmsRun.objects.get(pk=RUN).fill_id == 6617


def test_attribute_that_becomes_null_in_oms_becomes_null(stand_in):
    stand_in.answer_with(Answer(answer(fill_row())), "/oms/fills")
    stand_in.answer_with(Answer(answer(run_row())), "/oms/runs")
    with time_machine.travel(DURING, tick=False):
        mirror.run_for_page(RUN, budget())
    stand_in.answer_with(Answer(answer(run_row(recorded_lumi=None))), "/oms/runs")
    with time_machine.travel(DURING + timedelta(minutes=6), tick=False):
        assert mirror.run_for_page(RUN, budget()).run.recorded_lumi is None


def test_negative_bunch_count_is_stored_as_reported_and_shown(stand_in):
    stand_in.answer_with(Answer(answer(run_row())), "/oms/runs")
    stand_in.answer_with(Answer(answer(fill_row(bunches_colliding=-3))), "/oms/fills")
    run = mirror.run_for_page(RUN, budget()).run
    assert OmsFill.objects.get(pk=FILL).bunches_colliding is None
    reported = OmsFill.objects.get(pk=FILL).reported["bunches_colliding"]
    assert reported == {"value": -3, "unit": "", "problem": "negative"}
    (sentence,) = sanity.left_out_messages(run)
    assert sentence == (
        "OMS gives a value that cannot be used: bunches colliding -3 (negative). "
        "It is left out here; type it where you know it."
    )


def test_two_impossible_values_are_one_message():
    reported = {"lumisections": {"value": -655, "unit": ""}, "recorded_lumi": {"value": -7.5, "unit": "/pb"}}
    (sentence,) = sanity.left_out_messages(OmsRun(run_number=RUN, reported=reported))
    assert sentence == (
        "OMS gives values that cannot be used: lumisections -655 (negative), recorded lumi -7.5 /pb (negative). "
        "They are left out here; type them where you know them."
    )


def test_impossible_value_is_not_shown_after_typing_a_value():
    reported = {"lumisections": {"value": -655, "unit": ""}}
    assert sanity.left_out_values(OmsRun(run_number=RUN, reported=reported)) == ["lumisections -655 (negative)"]
    typed = {"lumisections": {"by": "shifter", "at": "2018-05-01T00:00:00Z"}}
    assert sanity.left_out_messages(OmsRun(run_number=RUN, reported=reported, lumisections=655, typed=typed)) == []


def test_row_with_an_odd_value_does_not_settle_and_a_retry_reads_it_again(stand_in):
    """OMS may correct the value; the run ended in 2018 and would not be read again."""
    stand_in.answer_with(Answer(answer(fill_row())), "/oms/fills")
    stand_in.answer_with(Answer(answer(run_row(recorded_lumi="78.15"))), "/oms/runs")
    assert mirror.run_for_page(RUN, budget()).run.recorded_lumi is None
    assert len(stand_in.data_calls()) == 2
    mirror.run_for_page(RUN, budget())
    assert len(stand_in.data_calls()) == 2
    stand_in.answer_with(Answer(answer(run_row())), "/oms/runs")
    assert mirror.run_for_page(RUN, retry()).run.recorded_lumi == 78.15
    assert len(stand_in.data_calls()) == 3
    mirror.run_for_page(RUN, retry())
    assert len(stand_in.data_calls()) == 3


def test_odd_value_that_nobody_uses_costs_no_request_and_no_message(stand_in):
    stand_in.answer_with(Answer(answer(fill_row(injection_scheme=25))), "/oms/fills")
    stand_in.answer_with(Answer(answer(run_row(clock_type=7, l1_rate="62 kHz"))), "/oms/runs")
    run = mirror.run_for_page(RUN, budget()).run
    assert sanity.left_out_messages(run) == []
    mirror.run_for_page(RUN, retry())
    assert len(stand_in.data_calls()) == 2


def test_run_that_changes_its_fill_is_linked_to_the_new_one(stand_in):
    def fills(request):
        return Answer(answer(fill_row(int(request["query"]["filter[fill_number][EQ]"][0]))))

    stand_in.answer_with(fills, "/oms/fills")
    stand_in.answer_with(Answer(answer(run_row())), "/oms/runs")
    with time_machine.travel(DURING, tick=False):
        mirror.run_for_page(RUN, budget())
    stand_in.answer_with(Answer(answer(run_row(fill_number=6617))), "/oms/runs")
    with time_machine.travel(DURING + timedelta(minutes=6), tick=False):
        assert mirror.run_for_page(RUN, budget()).run.fill.fill_number == 6617
    assert OmsRun.objects.get(pk=RUN).fill_id == 6617


ENDED = datetime(2018, 4, 27, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fetched", "ended", "now", "fresh"),
    [
        (ENDED, ENDED, ENDED + timedelta(minutes=4, seconds=59), True),
        (ENDED, ENDED, ENDED + timedelta(minutes=5), False),
        (ENDED + timedelta(days=3, seconds=1), ENDED, ENDED + timedelta(days=300), True),
        (ENDED + timedelta(days=3), ENDED, ENDED + timedelta(days=300), False),
        (ENDED + timedelta(days=30), None, ENDED + timedelta(days=300), False),
        (None, ENDED, ENDED, False),
    ],
)
def test_row_is_fresh_when_just_read_or_settled(fetched, ended, now, fresh):
    with time_machine.travel(now, tick=False):
        run = OmsRun(run_number=1, fetched_at=fetched, end_time=ended, lumisections=7, recorded_lumi=0.5)
        assert mirror.is_fresh(run) is fresh


@pytest.mark.parametrize(("hours", "fresh"), [(23, True), (25, False)])
def test_settled_run_without_figures_is_read_once_a_day(hours, fresh):
    fetched = ENDED + timedelta(days=30)
    with time_machine.travel(fetched + timedelta(hours=hours), tick=False):
        assert mirror.is_fresh(OmsRun(run_number=1, fetched_at=fetched, end_time=ENDED, lumisections=7)) is fresh


def test_fill_without_an_end_is_settled_by_its_stable_beams():
    fill = OmsFill(fill_number=1, fetched_at=timezone.now() - timedelta(days=1))
    assert not mirror.is_fresh(fill)
    fill.end_stable_beam = timezone.now() - timedelta(days=5)
    assert mirror.is_fresh(fill)


def test_missing_row_is_not_fresh():
    assert not mirror.is_fresh(None)
