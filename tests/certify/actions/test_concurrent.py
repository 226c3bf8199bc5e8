"""Concurrent writes to the same run, on a database with row locks."""

import threading
import uuid
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.db import connection, connections

from audit.undo import undo_change
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.errors import AlreadyCertified, ChangedMeanwhile
from certify.models import TrackerCertification
from certify.models.choices import ConfirmationCode
from certify.models.components import FLAG_FIELDS, Component, ComponentFlag
from certify.review.models import ShifterQuestion
from certify.vocabulary.models import ChecklistProgress
from oms.client import FetchResult
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from oms.upsert import store_facts
from oms.wire_types import FillFacts, RunFacts
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite allows one writer at a time"),
]
THREADS = 8


def _run_concurrently(actions):
    """The outcome of each action, all started at the same time, each on its own database connection."""
    outcomes, gate = [None] * len(actions), threading.Barrier(len(actions))

    def run(index, action):
        gate.wait()
        try:
            outcomes[index] = action()
        except AlreadyCertified as conflict:
            outcomes[index] = conflict
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=indexed_action) for indexed_action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _decision(reference, comment=""):
    flags = dict.fromkeys(FLAG_FIELDS, "good")
    columns = {"trackermap": "exists", "reference": reference, "date": date(2018, 6, 2), "comment": comment}
    return CertificationInput.from_columns(**flags, **columns, confirmed=ConfirmationCode.values)


@pytest.mark.parametrize("is_known", [True, False], ids=["known run", "unknown run"])
def test_concurrent_saves_with_the_same_key_create_one_certification(is_known):
    person, reference, key = UserFactory(), ReconstructionFactory(reference=True), uuid.uuid4()
    number = RunFactory().run_number if is_known else 390_001
    actions = [
        lambda: certify_run(person, number, "express", _decision(reference), CertificationContext(), key)
    ] * THREADS
    outcomes = _run_concurrently(actions)
    certification = TrackerCertification.objects.get()
    assert outcomes == [certification] * THREADS


def test_concurrent_saves_of_two_tabs_with_equal_content_create_one_certification():
    person, reference, number = UserFactory(), ReconstructionFactory(reference=True), RunFactory().run_number
    actions = [
        lambda: certify_run(person, number, "express", _decision(reference), CertificationContext(), uuid.uuid4())
    ] * THREADS
    outcomes = _run_concurrently(actions)
    assert outcomes == [TrackerCertification.objects.get()] * THREADS


def test_concurrent_saves_of_one_person_store_their_checklists_once_without_a_deadlock():
    person, reference = UserFactory(), ReconstructionFactory(reference=True)
    numbers = [RunFactory().run_number for _ in range(THREADS)]
    context = CertificationContext(
        gone_through=[("general", 1)],
        opened_checklists=[(f"list{number}", 1) for number in range(5)],
        shift_run_type="collisions",
    )
    actions = [
        lambda number=number: certify_run(person, number, "express", _decision(reference), context)
        for number in numbers
    ]
    assert {outcome.run_number for outcome in _run_concurrently(actions)} == set(numbers)
    assert ChecklistProgress.objects.filter(user=person).count() == 6


def test_concurrent_saves_create_one_certification_and_conflicts():
    reference, number = ReconstructionFactory(reference=True), RunFactory().run_number
    people = UserFactory.create_batch(THREADS)
    actions = [
        lambda person=person: certify_run(
            person, number, "express", _decision(reference, person.username), CertificationContext()
        )
        for person in people
    ]
    outcomes = _run_concurrently(actions)
    certification = TrackerCertification.objects.get()
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, AlreadyCertified)]
    assert len(conflicts) == THREADS - 1
    assert {outcome.existing.pk for outcome in conflicts} == {certification.pk}
    assert certification.comment == certification.user.username


def test_saving_typed_facts_and_refreshing_the_mirror_do_not_deadlock():
    """Both write fill and run, and have to lock them in the same order."""
    person, reference, run = UserFactory(), ReconstructionFactory(reference=True), RunFactory(era=None)
    facts = RunFacts(
        **{field.name: None for field in fields(RunFacts) if field.name not in ("run_number", "raw_values")}
        | {"run_number": run.run_number, "fill_number": run.fill_id, "run_type": "collisions", "raw_values": {}}
    )
    fill = FillFacts(
        **{field.name: None for field in fields(FillFacts) if field.name not in ("fill_number", "raw_values")}
        | {"fill_number": run.fill_id, "raw_values": {}}
    )
    context = CertificationContext(typed_fill={"era": {"value": "2018A"}})

    def read():
        for _ in range(20):
            store_facts(FetchResult({run.run_number: facts}), FetchResult({run.fill_id: fill}), {})

    def save():
        certification = certify_run(person, run.run_number, "express", _decision(reference), context)
        for version in range(1, 20):
            typed = CertificationContext(typed_fill={"era": {"value": f"2018{version}"}})
            amend_certification(person, certification, version, _decision(reference, str(version)), typed)
        return "saved"

    assert _run_concurrently([read, save])[1] == "saved"


def test_two_people_who_mark_overlapping_ranges_at_once_leave_one_of_them():
    """Each save replaces the whole list of a version, so that the lists of two people never become one."""
    reference, run = ReconstructionFactory(reference=True), RunFactory(lumisections=100)
    row = certify_run(UserFactory(), run.run_number, "express", _decision(reference), CertificationContext())
    leaders = UserFactory.create_batch(THREADS, role="shift_leader")

    def mark(person, first):
        data = replace(_decision(reference, "seen"), component_flags=_strip_bad_from(first))
        try:
            amend_certification(person, row, 1, data, CertificationContext(), reason="seen on the map")
        except ChangedMeanwhile:
            return None
        return [[first, first + 20]]

    outcomes = _run_concurrently([partial(mark, leader, 10 + number) for number, leader in enumerate(leaders)])
    saved = [ranges for ranges in outcomes if ranges]
    assert len(saved) == 1
    assert TrackerCertification.objects.get().strip_ranges == saved[0]


def _strip_bad_from(first):
    ranges = {Component.STRIP: ((first, first + 20),)}
    return tuple(ComponentFlag(component, "good", False, ranges.get(component, ())) for component in Component)


def test_save_beside_the_reading_of_the_lumisections_is_marked_as_seen_without_a_deadlock():
    """Whichever comes first: the save finds the reading, or the reading finds what was saved."""
    person, reference = UserFactory(), ReconstructionFactory(reference=True)
    runs = [RunFactory(lumisections=24) for _ in range(THREADS // 2)]
    rows = [CertificationFactory(run=run, user=person, strip_ranges=[[3, 5]]) for run in runs]
    bits = (True, True, False, *(True,) * 5)
    lumisections = [LumisectionRow(number, bits, None, 0.5) for number in range(1, 25)]
    actions = []
    for run, row in zip(runs, rows, strict=True):
        change = partial(amend_certification, person, row, 1, _decision(reference), CertificationContext())
        actions += [change, partial(store_lumisections, run.run_number, lumisections, datetime.now(UTC))]
    outcomes = _run_concurrently(actions)
    assert None not in outcomes
    for row in rows:
        row.refresh_from_db()
        assert row.lumisections_seen
        # Asked at the save, or by CertHelper after it.
        assert ("dcs" in row.confirmed) != ShifterQuestion.objects.filter(certification=row).exists()


def test_undo_beside_the_reading_of_the_lumisections_leaves_no_certification_unseen():
    person, reference = UserFactory(), ReconstructionFactory(reference=True)
    lumisections = [LumisectionRow(number, (True,) * 8, None, 0.5) for number in range(1, 25)]
    actions, rows = [], []
    for _ in range(THREADS // 2):
        row = CertificationFactory(user=person, run=RunFactory(lumisections=24))
        columns = {**dict.fromkeys(FLAG_FIELDS, "excluded"), "trackermap": "exists", "date": date(2018, 6, 2)}
        excluded = CertificationInput.from_columns(**columns, reference=reference, confirmed=ConfirmationCode.values)
        changed = amend_certification(person, row, 1, excluded, CertificationContext())
        rows.append(changed)
        actions += [
            partial(undo_change, person, changed.recorded_change, "not meant"),
            partial(store_lumisections, row.run_number, lumisections, datetime.now(UTC)),
        ]
    assert None not in _run_concurrently(actions)
    assert TrackerCertification.objects.filter(lumisections_seen=True, pixel="good").count() == len(rows)
