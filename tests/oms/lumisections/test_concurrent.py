"""Readings that are stored at the same time, on a database with row locks."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from certify.actions.certify import certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.models import TrackerCertification
from oms.lumisections import mirror
from oms.lumisections.models import LumisectionReading
from oms.lumisections.parsing import LumisectionRow
from oms.models import OmsRun
from tests.certify.page_form import GOOD
from tests.factories import ReconstructionFactory, RunFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite allows one writer at a time"),
]
NOON = datetime(2018, 6, 1, 12, tzinfo=UTC)


def rows(last, lumi=0.5):
    return [LumisectionRow(number, (True,) * 8, None, lumi) for number in range(1, last + 1)]


def start(action) -> threading.Thread:
    def run():
        try:
            action()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("is_known", [True, False], ids=["known run", "unknown run"])
def test_of_two_answers_the_one_that_was_asked_for_later_is_valid(is_known):
    number = RunFactory().run_number if is_known else 390_001
    mirror.store_lumisections(number, rows(100), NOON)
    with transaction.atomic():
        list(OmsRun.objects.select_for_update().filter(pk=number))
        list(LumisectionReading.objects.select_for_update().filter(run_number=number))
        threads = [
            start(lambda last=last, seconds=seconds: mirror.store_lumisections(number, rows(last), NOON + seconds))
            for last, seconds in ((120, timedelta(seconds=20)), (110, timedelta(seconds=10)))
        ]
        wait_for_locks(2)
    for thread in threads:
        thread.join()
    assert LumisectionReading.objects.get(run_number=number, valid_until=None).last == 120


def test_reading_that_is_stored_during_a_save_is_compared_with_it():
    run, reference, person = RunFactory(lumisections=100), ReconstructionFactory(reference=True), UserFactory()
    data = CertificationInput.from_columns(
        **GOOD, date=date(2018, 6, 2), comment="seen", reference=reference, pixel_ranges=((31, 40),)
    )
    with transaction.atomic():
        certify_run(person, run.run_number, "express", data, CertificationContext())
        thread = start(lambda: mirror.store_lumisections(run.run_number, rows(100), NOON))
        wait_for_locks(1)
    thread.join()
    stored = TrackerCertification.objects.get()
    assert stored.ranges_facts["lumis"]["pixel"] == 5.0
    assert not stored.is_stale


def wait_for_locks(number):
    """Wait until so many sessions of this database wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0] >= number:
                return
