"""Several shift leaders on one checklist or word at the same moment, on a database with real row locks."""

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
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time anyway"),
]


def _at_once(operations):
    """How each deed ended, all begun at the same moment: the error's type, None for one that was saved."""
    ends, gate = [None] * len(operations), threading.Barrier(len(operations))

    def run(at, operation):
        gate.wait()
        try:
            operation()
        except (EditedMeanwhile, EntryInvalid) as error:
            ends[at] = type(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(operations)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_one_of_many_writes_the_next_edition():
    leader, row = UserFactory(role=Role.SHIFT_LEADER), ChecklistFactory(identifier="pixel", title="Pixel")
    texts = [f"- item {number}" for number in range(6)]
    ends = _at_once([lambda t=t: save_checklist(leader, "pixel", ChecklistInput("Pixel", t), 1) for t in texts])
    assert sorted(map(str, ends)) == sorted([str(None), *[str(EditedMeanwhile)] * 5])
    assert current_edition(row) == 2 and Checklist.objects.get().text == texts[ends.index(None)]


def test_two_words_put_below_each_other_make_no_ring():
    leader = UserFactory(role=Role.SHIFT_LEADER)
    one, other = PixelProblemFactory(name="one"), PixelProblemFactory(name="other")
    said = [(one, TermInput("one", parent=other.pk)), (other, TermInput("other", parent=one.pk))]
    ends = _at_once([lambda w=w, s=s: save_term(leader, PixelProblem, s, w.pk, 1) for w, s in said])
    assert sorted(map(str, ends)) == sorted([str(None), str(EntryInvalid)])
    assert PixelProblem.objects.filter(parent=None).count() == 1
