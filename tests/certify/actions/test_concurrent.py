"""Two hands on one run at the same moment, on a database with real row locks."""

import threading
import uuid
from dataclasses import fields
from datetime import date

import pytest
from django.db import connection, connections

from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.errors import AlreadyCertified
from certify.models import TrackerCertification
from certify.models.choices import ConfirmationCode
from certify.models.components import FLAG_FIELDS
from oms.client import FetchResult
from oms.upsert import store_facts
from oms.wire_types import FillFacts, RunFacts
from tests.factories import ReconstructionFactory, RunFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time anyway"),
]
HANDS = 8


def _all_at_once(deeds):
    """The outcome of each deed, all begun at the same moment, each on a connection of its own."""
    outcomes, gate = [None] * len(deeds), threading.Barrier(len(deeds))

    def run(at, deed):
        gate.wait()
        try:
            outcomes[at] = deed()
        except AlreadyCertified as faster:
            outcomes[at] = faster
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _decision(reference, comment=""):
    said = dict.fromkeys(FLAG_FIELDS, "good")
    told = {"trackermap": "exists", "reference": reference, "date": date(2018, 6, 2), "comment": comment}
    return CertificationInput.from_columns(**said, **told, confirmed=ConfirmationCode.values)


@pytest.mark.parametrize("is_known", [True, False], ids=["known run", "run nobody knows"])
def test_double_click_makes_one_record_and_both_lead_to_it(is_known):
    person, reference, key = UserFactory(), ReconstructionFactory(reference=True), uuid.uuid4()
    number = RunFactory().run_number if is_known else 390_001
    deeds = [lambda: certify_run(person, number, "express", _decision(reference), CertificationContext(), key)] * HANDS
    outcomes = _all_at_once(deeds)
    made = TrackerCertification.objects.get()
    assert outcomes == [made] * HANDS


def test_concurrent_saves_create_one_certification_and_conflicts():
    reference, number = ReconstructionFactory(reference=True), RunFactory().run_number
    people = UserFactory.create_batch(HANDS)
    deeds = [
        lambda person=person: certify_run(
            person, number, "express", _decision(reference, person.username), CertificationContext()
        )
        for person in people
    ]
    outcomes = _all_at_once(deeds)
    made = TrackerCertification.objects.get()
    told = [one for one in outcomes if isinstance(one, AlreadyCertified)]
    assert len(told) == HANDS - 1
    assert {one.existing.pk for one in told} == {made.pk}
    assert made.comment == made.user.username


def test_save_with_typed_facts_and_a_page_that_reads_oms_never_lock_each_other_out():
    """Both write fill and run; they must take them in one order."""
    person, reference, run = UserFactory(), ReconstructionFactory(reference=True), RunFactory(era=None)
    facts = RunFacts(
        **{one.name: None for one in fields(RunFacts) if one.name not in ("run_number", "raw_values")}
        | {"run_number": run.run_number, "fill_number": run.fill_id, "run_type": "collisions", "raw_values": {}}
    )
    fill = FillFacts(
        **{one.name: None for one in fields(FillFacts) if one.name not in ("fill_number", "raw_values")}
        | {"fill_number": run.fill_id, "raw_values": {}}
    )
    basis = CertificationContext(typed_fill={"era": {"value": "2018A"}})

    def read():
        for _ in range(20):
            store_facts(FetchResult({run.run_number: facts}), FetchResult({run.fill_id: fill}), {})

    def save():
        made = certify_run(person, run.run_number, "express", _decision(reference), basis)
        for version in range(1, 20):
            typed = CertificationContext(typed_fill={"era": {"value": f"2018{version}"}})
            amend_certification(person, made, version, _decision(reference, str(version)), typed)
        return "saved"

    assert _all_at_once([read, save])[1] == "saved"
