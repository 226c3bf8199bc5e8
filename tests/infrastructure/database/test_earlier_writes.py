"""What other transactions are writing is waited for, so that what is read as of now stays so."""

import threading

import pytest
from django.db import connection, connections, transaction

from infrastructure.database.earlier_writes import wait_for_earlier_writes
from tests.factories import DatasetFactory


@pytest.mark.django_db
def test_inside_of_a_transaction_nothing_is_waited_for():
    DatasetFactory(name="/A/B/DQM")
    assert wait_for_earlier_writes(0)


@pytest.mark.django_db(transaction=True)
def test_without_writers_nothing_is_waited_for():
    DatasetFactory(name="/A/B/DQM")
    assert wait_for_earlier_writes(0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite allows one writer at a time")
def test_a_transaction_that_has_written_is_waited_for_and_later_ones_are_not():
    has_written, may_end = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            DatasetFactory(name="/A/B/DQM")
            has_written.set()
            may_end.wait(20)
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    has_written.wait(20)
    assert not wait_for_earlier_writes(0.05)
    may_end.set()
    assert wait_for_earlier_writes(20)
    writer.join()
