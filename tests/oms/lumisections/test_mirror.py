"""Storing lumisections: replaced whole, earlier ones kept with their time, and found again as of a time."""

import datetime as dt

import pytest
import time_machine

from infrastructure.http.budget import Budget
from oms.lumisections.client import fetch_lumisections
from oms.lumisections.mirror import problems_of, store_lumisections, stored_reading
from oms.lumisections.models import LumisectionReading
from oms.lumisections.signals import lumisections_changed
from tests.oms.lumisections.rows import OFF, row

pytestmark = pytest.mark.django_db
RUN = 315270
NOON = dt.datetime(2018, 4, 28, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ROWS = [row(1, OFF, counter=0.0), row(2, counter=0.0), row(3, counter=0.5), row(4, OFF, counter=0.75)]


@pytest.fixture
def changes():
    received = []

    def receive(sender, reading, earlier, **_):
        received.append((reading, earlier))

    lumisections_changed.connect(receive)
    yield received
    lumisections_changed.disconnect(receive)


def store(rows, stored_at, asked_before=dt.timedelta(seconds=20)):
    with time_machine.travel(stored_at, tick=False):
        return store_lumisections(RUN, rows, stored_at - asked_before)


def test_reading_has_segments_luminosities_and_times(changes):
    stored = store(ROWS, NOON, HOUR)
    reading = stored_reading(RUN)
    assert (reading.pk, reading.last, reading.last_active) == (stored.pk, 4, 3)
    assert (reading.read_at, reading.checked_at) == (NOON, NOON - HOUR)
    assert reading.lumis == [None, 0.5, 0.25, None]
    segments = [(segment.first, segment.last, segment.recorded_lumi) for segment in reading.segments.all()]
    assert segments == [(1, 1, None), (2, 3, 0.75), (4, 4, None)]
    assert changes == [(stored, None)]


def test_equal_rows_set_the_time_of_the_check_only(changes, django_assert_num_queries):
    first = store(ROWS, NOON)
    with django_assert_num_queries(5):  # savepoint, lock of the run, row, time, release
        assert store_lumisections(RUN, ROWS, NOON + HOUR).pk == first.pk
    reading = stored_reading(RUN)
    assert (reading.read_at, reading.checked_at) == (NOON, NOON + HOUR)
    assert len(changes) == 1


def test_other_rows_replace_the_reading_and_the_earlier_one_remains(changes):
    first = store(ROWS, NOON)
    second = store(ROWS[:3], NOON + HOUR)
    assert [stored_reading(RUN).pk, changes[-1]] == [second.pk, (second, first)]
    assert [segment.last for segment in second.segments.all()] == [1, 3]
    assert stored_reading(RUN, NOON - HOUR) is None
    during_the_second_request = HOUR - dt.timedelta(seconds=10)
    valid = [stored_reading(RUN, NOON + shift).pk for shift in (0 * HOUR, during_the_second_request, HOUR)]
    assert valid == [first.pk, first.pk, second.pk]
    assert len(stored_reading(RUN, NOON).segments.all()) == 3


def test_answer_that_was_asked_for_earlier_changes_nothing(changes):
    second = store_lumisections(RUN, ROWS[:3], NOON + HOUR)
    assert store_lumisections(RUN, ROWS, NOON).pk == second.pk
    assert LumisectionReading.objects.count() == len(changes) == 1


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        (ROWS, []),
        ([row(5), row(6)], ["The rows begin at lumisection 5."]),
        ([row(1), row(4)], ["There are no rows between lumisections 1 and 4."]),
        (
            [row(1, counter=2.0), row(2, counter=0.0)],
            ["The luminosity of lumisection 1 is unknown: the counter falls after it."],
        ),
        ([row(1, OFF, counter=2.0), row(2, counter=0.0)], []),
        ([row(1, counter=2.0, figure=0.5), row(2, counter=0.0)], []),
        (
            [row(1, figure=0.5), row(2, figure=-0.25), row(3, figure=-1e-9)],
            [
                "The luminosity of lumisection 2 is unknown: the figure of OMS is negative, -0.25 /pb.",
                "The luminosity of lumisection 3 is unknown: the figure of OMS is negative, -1e-09 /pb.",
            ],
        ),
        ([row(1, OFF, figure=-0.5), row(2, figure=0.0)], []),
    ],
)
def test_odd_rows_are_named(rows, problems):
    assert problems_of(rows) == problems


def test_luminosity_of_315322_is_that_of_the_run(sandbox):
    """177.253 /pb in all; 176.149 /pb in the lumisections 23-118 and 122-1354 of the golden JSON."""
    found = fetch_lumisections(315322, Budget(5))
    reading = store_lumisections(315322, found.value.rows, found.asked_at)
    assert reading.segments.count() == 9
    assert round(sum(segment.recorded_lumi or 0 for segment in reading.segments.all()), 3) == 177.253
    golden = [*range(23, 119), *range(122, 1355)]
    assert round(sum(reading.lumis[number - 1] for number in golden), 3) == 176.149
