"""Reasons and problems with equal-looking names are one."""

import pytest
from django.core.exceptions import ValidationError

from certify.errors import EntryInvalid
from certify.models import BadReason, PixelProblem
from certify.vocabulary.actions import TermInput, add_term, current_edition, save_term
from certify.vocabulary.inline_forms import InlineReasonForm

pytestmark = pytest.mark.django_db

COMPOSED, DECOMPOSED = "cr\u00e8me br\u00fbl\u00e9e", "cre\u0300me bru\u0302le\u0301e"


@pytest.mark.parametrize("typed", [DECOMPOSED, COMPOSED.upper(), f"\ufeff{COMPOSED}", COMPOSED.replace("l", "\u200bl")])
def test_reason_that_looks_like_another_is_that_one(shifter, typed):
    first = add_term(shifter, BadReason, COMPOSED)
    assert add_term(shifter, BadReason, typed) == first
    assert BadReason.objects.filter(name__startswith="cr").count() == 1


def test_new_reason_is_stored_as_it_looks(shifter):
    assert add_term(shifter, BadReason, f"\u200b{DECOMPOSED}").name == COMPOSED


def test_problem_that_looks_like_another_is_refused(shift_leader):
    save_term(shift_leader, PixelProblem, TermInput(COMPOSED))
    with pytest.raises(EntryInvalid) as refusal:
        save_term(shift_leader, PixelProblem, TermInput(DECOMPOSED))
    assert [issue.sentence for issue in refusal.value.issues] == [f"“{COMPOSED}” is there already."]


def test_name_of_invisible_characters_is_no_name(shift_leader):
    with pytest.raises(EntryInvalid):
        save_term(shift_leader, PixelProblem, TermInput("\u200b\u00ad"))


def test_equal_looking_rows_of_earlier_versions_stay_and_can_be_edited(shift_leader):
    BadReason.objects.bulk_create([BadReason(name=COMPOSED), BadReason(name=DECOMPOSED)])
    older = BadReason.objects.get(name=DECOMPOSED)
    older.save()
    assert BadReason.objects.get(pk=older.pk).name == DECOMPOSED
    other = BadReason.objects.get(name=COMPOSED)
    save_term(shift_leader, BadReason, TermInput(COMPOSED, description="Dessert"), other.pk, current_edition(other))
    other.refresh_from_db()
    assert other.description == "Dessert"


def test_model_refuses_a_name_that_looks_like_another():
    BadReason.objects.create(name=COMPOSED)
    with pytest.raises(ValidationError):
        BadReason(name=DECOMPOSED).full_clean()


def test_form_on_the_certify_page_chooses_the_reason_that_looks_like_the_typed_one():
    first = BadReason.objects.create(name=COMPOSED)
    form = InlineReasonForm({"new_reason": DECOMPOSED})
    assert not form.is_valid()
    assert form.term_to_choose == first


def test_form_on_the_certify_page_refuses_a_name_of_invisible_characters():
    assert InlineReasonForm({"new_reason": "\u200b\u2060"}).errors == {"new_reason": ["Give it a name."]}
