"""The words that a form offers: read once, right at once when one changes."""

import pytest

from certify.vocabulary import checklists_to_tick, vocabulary
from tests.factories import BadReasonFactory, ChecklistFactory, PixelProblemFactory

pytestmark = pytest.mark.django_db


def _names(field="bad_reason", chosen=()):
    return [name for _key, name in vocabulary().offered(field, set(chosen))]


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
