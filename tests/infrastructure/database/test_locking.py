"""A locked row is current, also in its foreign keys, after waiting for another transaction."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, connections, transaction

from certify.actions import certify
from certify.actions.input import CertificationContext
from certify.facts import actions
from certify.models import TrackerCertification
from oms.models import OmsRun
from tests.factories import BadReasonFactory, CertificationFactory, FillFactory, ReconstructionFactory, UserFactory

POINTS_TO = {
    "user": UserFactory,
    "bad_reason": BadReasonFactory,
    "reference_runreconstruction": lambda: ReconstructionFactory(reference=True),
}


def read_while(changed, read):
    """The result of `read`, started while `changed` (a queryset's update) is not yet committed."""
    found, started = [], threading.Event()

    def waiting():
        try:
            with transaction.atomic():
                started.set()
                found.append(read())
        finally:
            connections.close_all()

    reader = threading.Thread(target=waiting)
    with transaction.atomic():
        changed()
        reader.start()
        started.wait(5)
        time.sleep(0.2)  # until it waits for the row
    reader.join(5)
    return found[0]


@pytest.fixture
def _with_locks(transactional_db):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time, and no row is waited for.")


@pytest.mark.usefixtures("_with_locks")
@pytest.mark.parametrize("name", sorted(POINTS_TO))
def test_locked_certification_has_its_current_related_rows(name):
    certification, other = CertificationFactory(), POINTS_TO[name]()
    rows = TrackerCertification.everything.filter(pk=certification.pk)
    row = read_while(
        lambda: rows.update(**{name: other}), lambda: TrackerCertification.everything.lock_row(certification.pk)
    )
    assert getattr(row, name) == other


@pytest.mark.usefixtures("_with_locks")
@pytest.mark.parametrize("read", [lambda number: certify._lock_run(number, CertificationContext()), actions._lock_run])
def test_locked_run_has_its_current_fill(read):
    OmsRun.objects.create(run_number=317001)
    fill = FillFactory()
    linked = OmsRun.objects.filter(pk=317001)
    run = read_while(lambda: linked.update(fill=fill), lambda: read(317001))
    assert run.fill == fill


@pytest.mark.django_db
def test_lock_costs_one_query_and_a_missing_certification_is_an_error(django_assert_num_queries):
    certification = CertificationFactory(dataset=None)
    with django_assert_num_queries(1):
        assert TrackerCertification.everything.lock_row(certification.pk).bad_reason is None
    with pytest.raises(TrackerCertification.DoesNotExist):
        TrackerCertification.everything.lock_row(certification.pk + 1)
