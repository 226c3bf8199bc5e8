"""The clock of the tests of golden files."""

from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def clock(time_machine):
    """Move the clock to an hour of 1 June 2018."""

    def move(hours):
        moment = datetime(2018, 6, 1, tzinfo=UTC) + timedelta(hours=hours)
        time_machine.move_to(moment, tick=False)
        return moment

    move(0)
    return move
