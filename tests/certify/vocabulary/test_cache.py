"""The vocabulary that a form offers: read once, invalidated by a change."""

import pytest

from certify.models import PixelProblem
from certify.vocabulary.cache import form_checklists, vocabulary
from infrastructure.cache.remembered import invalidate
from tests.factories import BadReasonFactory, ChecklistFactory, PixelProblemFactory

pytestmark = pytest.mark.django_db


def _names(field="bad_reason", chosen=()):
    return [choice.label for choice in vocabulary().choices_for(field, set(chosen))]


def test_vocabulary_is_read_once(django_assert_num_queries):
    BadReasonFactory(name="HV off")
    with django_assert_num_queries(1):
        assert _names() == ["HV off"]
    with django_assert_num_queries(0):
        assert _names() == ["HV off"]


def test_change_of_a_term_invalidates_the_cache():
    reason = BadReasonFactory(name="HV off")
    assert _names() == ["HV off"]
    reason.name = "LV off"
    reason.save()
    assert _names() == ["LV off"]
    reason.delete()
    assert _names() == []


def test_retired_term_is_offered_only_where_it_is_selected():
    retired = PixelProblemFactory(name="old", is_retired=True)
    PixelProblemFactory(name="new")
    assert _names("pixel_problems") == ["new"]
    assert _names("pixel_problems", {str(retired.pk)}) == ["new", "old"]


def test_retired_checklist_is_not_offered():
    ChecklistFactory(identifier="old", is_retired=True)
    ChecklistFactory(identifier="new")
    assert [checklist.identifier for checklist in form_checklists()] == ["new"]


def test_terms_are_offered_in_tree_order_with_their_level():
    layer = PixelProblemFactory(name="Layer 1")
    module = PixelProblemFactory(name="Module", parent=layer)
    PixelProblemFactory(name="chip", parent=module)
    PixelProblemFactory(name="Beam")
    offered = vocabulary().choices_for("pixel_problems", set())
    assert [(choice.label, choice.level) for choice in offered] == [
        ("Beam", 1),
        ("Layer 1", 1),
        ("Module", 2),
        ("chip", 3),
    ]


def test_term_below_a_retired_term_is_offered_with_its_path():
    layer = PixelProblemFactory(name="Layer 1", is_retired=True)
    module = PixelProblemFactory(name="Module", parent=layer)
    PixelProblemFactory(name="chip", parent=module)
    offered = vocabulary().choices_for("pixel_problems", set())
    assert [(choice.label, choice.level) for choice in offered] == [
        ("Layer 1 › Module", 1),
        ("Layer 1 › Module › chip", 1),
    ]
    offered = vocabulary().choices_for("pixel_problems", {str(layer.pk)})
    assert [choice.label for choice in offered] == ["Layer 1", "Module", "chip"]


def test_cycle_in_the_database_hides_no_term():
    term = PixelProblemFactory(name="one")
    child = PixelProblemFactory(name="other", parent=term)
    PixelProblem.objects.filter(pk=term.pk).update(parent=child)
    invalidate("certify.vocabulary.terms")
    assert [choice.label for choice in vocabulary().choices_for("pixel_problems", set())] == ["one", "other"]
