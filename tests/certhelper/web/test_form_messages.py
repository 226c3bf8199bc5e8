"""No form uses a default message of Django: every error message says what to do."""

import pytest
from django import forms

from tests.certify.conftest import references  # noqa: F401 - a fixture
from tests.certify.page_form import GOOD, errors_of, open_form, send_form

DJANGOS = ("Enter a", "Ensure ", "Null characters", "This field", "Select a valid", "“%(value)s” is")


def _sentences_of(field: type[forms.Field]) -> list[str]:
    messages: dict[str, object] = {}
    for field_class in reversed(field.__mro__):
        messages |= getattr(field_class, "default_error_messages", {})
    return [str(sentence) for sentence in messages.values()]


def _fields_of_ours() -> set[type[forms.Field]]:
    """The kinds of fields that a page of ours shows."""
    names = [name for name in dir(forms) if name.endswith("Field")]
    used = {"CharField", "ChoiceField", "DateField", "FloatField", "IntegerField", "ModelChoiceField", "UUIDField"}
    used |= {"ModelMultipleChoiceField", "MultipleChoiceField", "BooleanField", "DateTimeField"}
    return {getattr(forms, name) for name in names if name in used}


@pytest.mark.parametrize("field", sorted(_fields_of_ours(), key=lambda field: field.__name__))
def test_no_form_field_uses_a_default_message_of_django(field):
    assert [sentence for sentence in _sentences_of(field) if sentence.startswith(DJANGOS)] == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("idempotency_key", "not a key", "The form did not come back as it was opened. Open it again."),
        ("version", 2**31, "The form did not come back as it was opened. Open it again."),
        ("version", "-1", "The form did not come back as it was opened. Open it again."),
        ("version", "x", "The form did not come back as it was opened. Open it again."),
        ("comment", "a\x00b", "A character in this text cannot be stored. Type the text again."),
        ("bad_reason", "99999", "That is not offered here. Choose another."),
        ("pixel_problems", "99999", "99999 is not offered here. Choose another."),
        ("pixel_problems", "x", "x is not offered here. Choose another."),
        ("reason", "x" * 501, "That is 501 characters, of at most 500. Shorten it."),
        ("reconstruction", "", "The form did not come back as it was opened. Open it again."),
        ("dataset", "x\x00", "A character in this text cannot be stored. Type the text again."),
    ],
)
@pytest.mark.django_db
@pytest.mark.usefixtures("references", "sandbox")
def test_certify_form_error_names_the_correction(shifter_client, name, value, sentence):
    answer = send_form(shifter_client, open_form(shifter_client), **{**GOOD, name: value})
    assert answer.status_code == 422
    assert errors_of(answer)[name] == [sentence]
    assert sentence in answer.text
