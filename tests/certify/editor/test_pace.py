"""The pace of a shift: the median time between two saves, pauses left out."""

from datetime import UTC, datetime, timedelta

import pytest

from certify.editor.pace import shift_pace, time_left
from certify.models import TrackerCertification
from tests.factories import CertificationFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2018, 6, 1, 12, 0, tzinfo=UTC)


def saved(person, *minutes_ago: float, **values) -> None:
    for minutes in minutes_ago:
        made = CertificationFactory(user=person, **values)
        created_at = NOW - timedelta(minutes=minutes)
        TrackerCertification.everything.filter(pk=made.pk).update(created_at=created_at)


@pytest.mark.parametrize(
    ("minutes_ago", "minutes"),
    [
        ([1, 2, 3, 4], 1),
        ([1, 2, 4, 8], 2),
        ([1, 2, 3, 33, 34], 1),
        ([1, 2, 3], None),
        ([1, 1.01, 1.02, 1.03, 1.04], None),
        ([1, 490, 491, 492, 493], None),
    ],
    ids=["even", "median", "pause", "too few", "import", "shift before"],
)
def test_pace_is_the_median_time_between_saves_of_the_shift(shifter, time_machine, minutes_ago, minutes):
    time_machine.move_to(NOW, tick=False)
    saved(shifter, *minutes_ago)
    assert shift_pace(shifter) == (timedelta(minutes=minutes) if minutes else None)


def test_pace_of_others_does_not_count(shifter, other_shifter, time_machine):
    time_machine.move_to(NOW, tick=False)
    saved(other_shifter, 1, 2, 3, 4)
    assert shift_pace(shifter) is None


@pytest.mark.parametrize(
    ("count", "seconds", "text"),
    [
        (11, 50, "about 9 minutes"),
        (1, 20, "about 1 minute"),
        (80, 60, "about 80 minutes"),
        (90, 60, "about 2 hours"),
        (377, 100, "about 10 hours"),
        (0, 60, ""),
        (5, None, ""),
    ],
)
def test_time_left_is_given_in_its_unit(count, seconds, text):
    assert time_left(count, None if seconds is None else timedelta(seconds=seconds)) == text
