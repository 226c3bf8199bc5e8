"""Concurrent changes of a checklist or term, on a database with row locks."""

import threading

import pytest
from django.db import connection, connections

from certify.errors import EntryInvalid
from certify.models import Checklist, PixelProblem
from certify.vocabulary.actions import (
    ChecklistInput,
    EditedMeanwhile,
    TermInput,
    current_edition,
    save_checklist,
    save_term,
)
from tests.factories import ChecklistFactory, PixelProblemFactory, UserFactory
from users.models import Role

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite allows one writer at a time"),
]


def _run_concurrently(operations):
    """The outcome of each operation, all started at the same time: the type of the error, or None if it was saved."""
    outcomes, gate = [None] * len(operations), threading.Barrier(len(operations))

    def run(index, operation):
        gate.wait()
        try:
            operation()
        except (EditedMeanwhile, EntryInvalid) as error:
            outcomes[index] = type(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=indexed_operation) for indexed_operation in enumerate(operations)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_only_one_of_concurrent_saves_writes_the_next_edition():
    leader, row = UserFactory(role=Role.SHIFT_LEADER), ChecklistFactory(identifier="pixel", title="Pixel")
    texts = [f"- item {number}" for number in range(6)]
    outcomes = _run_concurrently(
        [lambda t=t: save_checklist(leader, "pixel", ChecklistInput("Pixel", t), 1) for t in texts]
    )
    assert sorted(map(str, outcomes)) == sorted([str(None), *[str(EditedMeanwhile)] * 5])
    assert current_edition(row) == 2 and Checklist.objects.get().text == texts[outcomes.index(None)]


def test_concurrent_changes_of_parents_make_no_cycle():
    leader = UserFactory(role=Role.SHIFT_LEADER)
    term, other_term = PixelProblemFactory(name="one"), PixelProblemFactory(name="other")
    changes = [(term, TermInput("one", parent=other_term.pk)), (other_term, TermInput("other", parent=term.pk))]
    outcomes = _run_concurrently(
        [lambda term=term, value=value: save_term(leader, PixelProblem, value, term.pk, 1) for term, value in changes]
    )
    assert sorted(map(str, outcomes)) == sorted([str(None), str(EntryInvalid)])
    assert PixelProblem.objects.filter(parent=None).count() == 1
