"""Default error messages of form fields and validators, in place of Django's: each says what to do.

Django has no setting for default messages, and most fields are made by its own model forms. They are therefore set on
Django's classes, once, when the app is loaded; messages that a field defines itself take precedence.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core import validators

_NOT_OFFERED = "%(value)s is not offered here. Choose another."
_FIELD_MESSAGES: dict[type[forms.Field], dict[str, str]] = {
    forms.Field: {"required": "Nothing is given here. Fill it in."},
    forms.IntegerField: {"invalid": "That is not a whole number. Type one."},
    forms.FloatField: {"invalid": "That is not a number. Type one, such as 3.8."},
    forms.DateField: {"invalid": "That is not a day. Give it as 2018-05-01."},
    forms.DateTimeField: {"invalid": "That is not a time. Give it as 2018-05-01 14:02, in UTC."},
    forms.UUIDField: {"invalid": "That is not a key. Open the page again."},
    forms.ChoiceField: {"invalid_choice": _NOT_OFFERED},
    forms.MultipleChoiceField: {"invalid_choice": _NOT_OFFERED, "invalid_list": "That is no list. Choose again."},
    forms.ModelChoiceField: {"invalid_choice": "That is not offered here. Choose another."},
    forms.ModelMultipleChoiceField: {
        "invalid_choice": _NOT_OFFERED,
        "invalid_list": "That is no list. Choose again.",
        "invalid_pk_value": "%(pk)s is not offered here. Choose another.",
    },
}
_VALIDATOR_MESSAGES: dict[Any, str] = {
    validators.ProhibitNullCharactersValidator: "A character in this text cannot be stored. Type the text again.",
    validators.MaxLengthValidator: "That is %(show_value)d characters, of at most %(limit_value)d. Shorten it.",
    validators.MinValueValidator: "That is less than %(limit_value)s. Type more.",
    validators.MaxValueValidator: "That is more than %(limit_value)s. Type less.",
}


def install_form_messages() -> None:
    """Set the messages on Django's field and validator classes."""
    for field, messages in _FIELD_MESSAGES.items():
        field.default_error_messages = {**getattr(field, "default_error_messages", {}), **messages}
    for validator, message in _VALIDATOR_MESSAGES.items():
        validator.message = message
