import time

import pytest

from infrastructure.http.budget import Budget


def test_budget_of_page_is_the_setting(settings):
    settings.PAGE_BUDGET_S = 3
    assert 2.9 < Budget.for_page().remaining() <= 3


def test_remaining_ends_at_zero():
    budget = Budget(0.01)
    time.sleep(0.02)
    assert budget.remaining() == 0


@pytest.mark.parametrize(
    ("seconds", "connect", "read", "call"), [(60, 2, 5, 7), (6, 2, 5, 6), (4, 2, 4, 4), (1, 1, 1, 1), (0, 0, 0, 0)]
)
def test_time_outs_are_capped_by_what_remains(seconds, connect, read, call):
    budget = Budget(seconds)
    assert budget.timeouts() == pytest.approx((connect, read), abs=0.05)
    assert budget.call_seconds() == pytest.approx(call, abs=0.05)
