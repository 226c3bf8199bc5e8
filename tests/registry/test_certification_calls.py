from datetime import UTC, datetime

import pytest

from infrastructure.http import status
from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Unreachable
from registry.certification_calls import certification_calls
from registry.client import datasets_of_runs
from tests.infrastructure.http.local_server import Answer


def cycle(**parts):
    return {
        "id_cycle": 1,
        "cycle_name": "2018 week 17",
        "cycle_attributes": {"global_state": "pending", "tracker_state": "completed"},
        "deadline": "2018-05-01T00:00:00.000Z",
        "deleted": False,
        "datasets": [{"run_number": 315259, "name": "/PromptReco/Collisions2018A/DQM"}],
    } | parts


def calls_of(stand_in, *rows):
    stand_in.answer_with(Answer(list(rows)))
    return certification_calls(Budget(5))


def test_calls_have_deadline_state_and_datasets(sandbox):
    result = certification_calls(Budget(5))
    assert isinstance(result, Found)
    assert [call.name for call in result.value] == ["2018 week 18", "2018 week 17"]
    last_call = result.value[-1]
    assert last_call.deadline == datetime(2018, 5, 1, tzinfo=UTC)
    assert last_call.state == "pending"
    assert {dataset.reconstruction for dataset in last_call.datasets} == {"prompt"}
    assert (min(dataset.run_number for dataset in last_call.datasets) >= 315252, len(last_call.datasets) > 5) == (
        True,
        True,
    )


def test_deleted_calls_are_left_out_and_calls_without_a_deadline_are_last(stand_in):
    result = calls_of(stand_in, cycle(cycle_name="a", deadline=None), cycle(cycle_name="b"), cycle(deleted=True),
                     cycle(cycle_name="c", deadline=None))  # fmt: skip
    assert [(call.name, call.deadline is None) for call in result.value] == [("b", False), ("a", True), ("c", True)]


@pytest.mark.parametrize("parts", [{"cycle_attributes": None}, {"datasets": None}, {"cycle_name": None}])
def test_absent_parts_are_empty(stand_in, parts):
    assert isinstance(calls_of(stand_in, cycle(**parts)), Found)


@pytest.mark.parametrize("body", [{}, {"err": "no"}, None, [5], ["week 17", None]])
def test_answer_that_is_no_list_of_calls_is_unreachable(stand_in, body):
    stand_in.answer_with(Answer(body))
    unreachable = certification_calls(Budget(5))
    assert isinstance(unreachable, Unreachable)
    assert "(cycles)" in unreachable.sentence


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"deadline": "tomorrow"}, "deadline tomorrow"),
        ({"deadline": "2018-02-31T00:00:00Z"}, "deadline 2018-02-31T00:00:00Z"),
        ({"deadline": "2018-05-01T00:00:00"}, "deadline 2018-05-01T00:00:00"), ({"deadline": 5}, "deadline 5"),
        ({"createdAt": []}, "createdAt []"), ({"cycle_attributes": []}, "cycle_attributes []"),
        ({"cycle_attributes": {"tracker_state": 1}}, "tracker_state 1"), ({"datasets": "x"}, "datasets x"),
        ({"datasets": [{"run_number": 315259, "name": 5}]}, "datasets without a name"),
    ],
)  # fmt: skip
def test_odd_value_is_left_out_of_its_call_and_named(stand_in, parts, text):
    found = calls_of(stand_in, cycle(**parts), cycle(cycle_name="other"))
    assert {call.name for call in found.value} == {"2018 week 17", "other"}
    assert found.left_out == (f"call 2018 week 17: {text}",)
    other = next(call for call in found.value if call.name == "other")
    assert (other.deadline, other.state, len(other.datasets)) == (datetime(2018, 5, 1, tzinfo=UTC), "completed", 1)


@pytest.mark.parametrize("parts", [{"id_cycle": "x"}, {"cycle_attributes": {"global_state": 5}}])
def test_odd_value_that_nobody_needs_is_not_named(stand_in, parts):
    assert calls_of(stand_in, cycle(**parts)).left_out == ()


def test_failure_of_the_calls_is_no_outage_of_run_registry(sandbox):
    sandbox.faults("registry", "500", path="cycles")
    assert certification_calls(Budget(5)).sentence == (
        "Run Registry’s list of certification calls answered with an error (500). Go on without it, or try again."
    )
    assert not any(state.is_out for state in status.service_states())
    assert isinstance(datasets_of_runs([315259], Budget(5)), Found)
