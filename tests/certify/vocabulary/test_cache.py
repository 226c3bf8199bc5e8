"""The words that a form offers: read once, right at once when one changes."""

import pytest

from certify.models import PixelProblem
from certify.vocabulary.cache import checklists_to_tick, vocabulary
from infrastructure.cache.remembered import invalidate
from tests.factories import BadReasonFactory, ChecklistFactory, PixelProblemFactory

pytestmark = pytest.mark.django_db


def _names(field="bad_reason", chosen=()):
    return [one.label for one in vocabulary().choices_for(field, set(chosen))]


def test_words_are_read_once(django_assert_num_queries):
    BadReasonFactory(name="HV off")
    with django_assert_num_queries(1):
        assert _names() == ["HV off"]
    with django_assert_num_queries(0):
        assert _names() == ["HV off"]


def test_change_of_a_word_counts_at_once():
    reason = BadReasonFactory(name="HV off")
    assert _names() == ["HV off"]
    reason.name = "LV off"
    reason.save()
    assert _names() == ["LV off"]
    reason.delete()
    assert _names() == []


def test_retired_word_is_offered_only_where_it_is_chosen():
    retired = PixelProblemFactory(name="old", is_retired=True)
    PixelProblemFactory(name="new")
    assert _names("pixel_problems") == ["new"]
    assert _names("pixel_problems", {str(retired.pk)}) == ["new", "old"]


def test_retired_checklist_need_not_be_ticked():
    ChecklistFactory(identifier="old", is_retired=True)
    ChecklistFactory(identifier="new")
    assert [one.identifier for one in checklists_to_tick()] == ["new"]


def test_words_below_each_other_are_offered_in_their_order_with_their_level():
    layer = PixelProblemFactory(name="Layer 1")
    module = PixelProblemFactory(name="Module", parent=layer)
    PixelProblemFactory(name="chip", parent=module)
    PixelProblemFactory(name="Beam")
    offered = vocabulary().choices_for("pixel_problems", set())
    assert [(one.label, one.level) for one in offered] == [("Beam", 1), ("Layer 1", 1), ("Module", 2), ("chip", 3)]


def test_word_below_a_retired_one_is_offered_by_its_path():
    layer = PixelProblemFactory(name="Layer 1", is_retired=True)
    module = PixelProblemFactory(name="Module", parent=layer)
    PixelProblemFactory(name="chip", parent=module)
    offered = vocabulary().choices_for("pixel_problems", set())
    assert [(one.label, one.level) for one in offered] == [("Layer 1 › Module", 1), ("Layer 1 › Module › chip", 1)]
    offered = vocabulary().choices_for("pixel_problems", {str(layer.pk)})
    assert [one.label for one in offered] == ["Layer 1", "Module", "chip"]


def test_ring_in_the_database_hides_no_word():
    one = PixelProblemFactory(name="one")
    other = PixelProblemFactory(name="other", parent=one)
    PixelProblem.objects.filter(pk=one.pk).update(parent=other)
    invalidate("certify.vocabulary.terms")
    assert [name.label for name in vocabulary().choices_for("pixel_problems", set())] == ["one", "other"]
