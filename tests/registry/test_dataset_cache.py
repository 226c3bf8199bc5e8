from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache

from infrastructure.http.results import Found
from registry import dataset_cache, parsing
from tests.infrastructure.http.unreadable import make_unreadable
from tests.registry.test_parsing import row

ASKED_AT = datetime(2026, 5, 1, 14, 2, 11, tzinfo=UTC)


def found_datasets(*numbers, asked_at=ASKED_AT):
    names = ("/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM")
    return Found(parsing.parse_datasets([row(number, name) for number in numbers for name in names]).rows, asked_at)


def frozen_time(moment):
    return time_machine.travel(moment, tick=False)


def cached(number):
    return dataset_cache.cached_datasets([number]).get(number)


def test_datasets_are_cached_for_each_run_with_the_time_of_the_request():
    with frozen_time(ASKED_AT):
        dataset_cache.cache_datasets(found_datasets(315270, 315339, 316187), [315270, 315339, 316187])
        recalled = cached(315339)
    assert recalled.asked_at == ASKED_AT
    assert {dataset.run_number for dataset in recalled.value} == {315339}
    assert recalled.value == found_datasets(315339).value


@pytest.mark.parametrize(("hours", "is_cached"), [(8, True), (11.9, True), (12, False)])
def test_entries_are_cached_for_a_shift(hours, is_cached):
    with frozen_time(ASKED_AT):
        dataset_cache.cache_datasets(found_datasets(315270), [315270])
    with frozen_time(ASKED_AT + timedelta(hours=hours)):
        assert (cached(315270) is not None) is is_cached


def test_next_search_adds_and_replaces_entries():
    later = ASKED_AT + timedelta(minutes=10)
    with frozen_time(ASKED_AT):
        dataset_cache.cache_datasets(found_datasets(315270, 315271), [315270, 315271])
    with frozen_time(later):
        dataset_cache.cache_datasets(found_datasets(315271, 315272, asked_at=later), [315271, 315272])
        assert [cached(number).asked_at for number in (315270, 315271, 315272)] == [ASKED_AT, later, later]


def test_run_without_datasets_is_not_cached():
    with frozen_time(ASKED_AT):
        dataset_cache.cache_datasets(found_datasets(315270), [315270, 315271])
        assert cached(315271) is None


def test_empty_result_is_cached_without_error():
    dataset_cache.cache_datasets(Found([], ASKED_AT), [])
    assert cached(315270) is None


def test_cache_that_cannot_be_written_raises_no_error(monkeypatch):
    def full(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(cache, "set", full)
    with frozen_time(ASKED_AT):
        dataset_cache.cache_datasets(found_datasets(315270), [315270])
        assert cached(315270) is None


def test_unreadable_entry_is_none():
    with frozen_time(ASKED_AT):
        dataset_cache.cache_datasets(found_datasets(315270), [315270])
        make_unreadable()
        assert cached(315270) is None
        dataset_cache.cache_datasets(found_datasets(315271), [315271])
        assert cached(315271) is not None
