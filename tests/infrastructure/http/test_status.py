from datetime import UTC, datetime

import time_machine
from django.core.cache import cache

from infrastructure.http import errors, status
from tests.infrastructure.http.unreadable import make_unreadable


def state_of(name):
    return {state.name: state for state in status.service_states()}[name]


def test_services_without_requests_are_not_unreachable():
    states = status.service_states()
    assert [(state.name, state.label) for state in states] == [
        ("registry", "Run Registry"),
        ("oms", "OMS"),
        ("sso", "the CERN sign-in"),
    ]
    assert not any(state.is_out or state.answered_at or state.since for state in states)


def test_outage_has_its_start_time_and_latest_message():
    with time_machine.travel(datetime(2026, 5, 1, 12, 0, tzinfo=UTC), tick=False):
        status.record_success("oms")
    with time_machine.travel(datetime(2026, 5, 1, 12, 5, tzinfo=UTC), tick=False):
        status.record_failure(errors.ConnectionFailed("oms"))
    with time_machine.travel(datetime(2026, 5, 1, 12, 9, tzinfo=UTC), tick=False):
        status.record_failure(errors.NotJson("oms"))
        state = state_of("oms")
    assert state.is_out
    assert state.since == datetime(2026, 5, 1, 12, 5, tzinfo=UTC)
    assert state.answered_at == datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    assert state.sentence == errors.NotJson("oms").sentence


def test_unwritable_cache_does_not_fail_the_page(monkeypatch):
    def full(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(cache, "set", full)
    status.record_success("oms")
    assert state_of("oms").answered_at is None


def test_unreadable_state_is_ignored():
    status.record_failure(errors.ConnectionFailed("oms"))
    make_unreadable()
    assert not state_of("oms").is_out


def test_failure_that_is_not_repeated_expires():
    """Without further requests the state is unknown, and the header shows nothing."""
    with time_machine.travel(datetime(2026, 5, 1, 12, 0, tzinfo=UTC), tick=False):
        status.record_failure(errors.ConnectionFailed("oms"))
    with time_machine.travel(datetime(2026, 5, 1, 12, 4, tzinfo=UTC), tick=False):
        assert state_of("oms").is_out
    with time_machine.travel(datetime(2026, 5, 1, 12, 5, tzinfo=UTC), tick=False):
        assert not state_of("oms").is_out
