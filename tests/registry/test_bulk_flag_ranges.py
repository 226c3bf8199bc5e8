"""The flags by lumisection of many datasets: read once for each version, within the budget."""

from __future__ import annotations

from django.utils import timezone

from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Unreachable
from registry.bulk_flag_ranges import flag_ranges_of
from registry.flag_ranges import fetch_flag_ranges
from registry.writes import DatasetKey

NAME = "/PromptReco/Collisions2018A/DQM"
DATASETS = [DatasetKey(number, NAME) for number in (315257, 315258, 315264, 315265)]
VERSIONS = dict.fromkeys(DATASETS, 1)


def asked(sandbox) -> int:
    return len([entry for entry in sandbox.requests("registry") if "ranges_by_component" in entry["path"]])


def test_each_dataset_has_its_own_ranges(sandbox):
    found = flag_ranges_of(VERSIONS, Budget(60))
    assert set(found) == set(DATASETS)
    for dataset, answer in found.items():
        alone = fetch_flag_ranges(dataset.run_number, dataset.registry_name, Budget(60))
        assert isinstance(answer, Found)
        assert answer.value == alone.value


def test_version_that_was_read_is_not_read_again(sandbox):
    flag_ranges_of(VERSIONS, Budget(60))
    sandbox.clear_requests()
    assert len(flag_ranges_of({**VERSIONS, DATASETS[0]: 2}, Budget(60))) == len(DATASETS)
    assert asked(sandbox) == 1


def test_answer_that_is_too_old_is_read_again(sandbox):
    flag_ranges_of(VERSIONS, Budget(60))
    sandbox.clear_requests()
    flag_ranges_of(VERSIONS, Budget(60), since=timezone.now())
    assert asked(sandbox) == len(DATASETS)


def test_without_time_nothing_is_asked_and_what_is_cached_is_given(sandbox):
    flag_ranges_of({DATASETS[0]: 1}, Budget(60))
    sandbox.clear_requests()
    assert set(flag_ranges_of(VERSIONS, SpentBudget(60))) == {DATASETS[0]}
    assert asked(sandbox) == 0


class SpentBudget(Budget):
    """A budget whose time does not suffice for another call."""

    def is_sufficient(self) -> bool:
        return False


def test_failure_is_returned_and_not_cached(sandbox):
    sandbox.faults("registry", "500")
    assert {type(answer) for answer in flag_ranges_of(VERSIONS, Budget(60)).values()} == {Unreachable}
    sandbox.clear_faults()
    assert {type(answer) for answer in flag_ranges_of(VERSIONS, Budget(60, is_retry=True)).values()} == {Found}
