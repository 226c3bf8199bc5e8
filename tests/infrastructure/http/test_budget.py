import time
from types import SimpleNamespace

import pytest

from infrastructure.http.budget import Budget


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The clock of budgets, set by the test."""
    now = SimpleNamespace(seconds=1000.0)
    stopped = SimpleNamespace(time=time.time, monotonic=lambda: now.seconds)
    monkeypatch.setattr("infrastructure.http.budget.time", stopped)
    return now


def test_budget_of_page_is_the_setting(settings):
    settings.PAGE_BUDGET_S = 3
    assert Budget.for_page().remaining() == 3


def test_remaining_ends_at_zero(clock):
    budget = Budget(10)
    clock.seconds += 4
    assert budget.remaining() == 6
    clock.seconds += 7
    assert budget.remaining() == 0


@pytest.mark.parametrize(
    ("seconds", "connect", "read", "call"), [(60, 2, 5, 7), (6, 2, 5, 6), (4, 2, 4, 4), (1, 1, 1, 1), (0, 0, 0, 0)]
)
def test_time_outs_are_capped_by_the_remaining_budget(seconds, connect, read, call):
    budget = Budget(seconds)
    assert budget.timeouts() == pytest.approx((connect, read))
    assert budget.call_seconds() == pytest.approx(call)


def test_call_that_must_not_begin_later_is_known_as_too_late(clock):
    budget = Budget(60)
    limited = budget.starting_within(10)
    assert not limited.is_too_late()
    clock.seconds += 10.5
    assert limited.is_too_late() and limited.remaining() == 49.5
    assert not budget.is_too_late()
