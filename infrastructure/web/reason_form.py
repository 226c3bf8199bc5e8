"""The form field for the reason of an operation."""

from __future__ import annotations

from typing import Any

from django import forms

MAX_REASON_LENGTH = 500


class ReasonField(forms.CharField):
    """The reason, kept with the change; `options` are those of a CharField."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {
            "max_length": MAX_REASON_LENGTH,
            "label": "Why",
            "widget": forms.Textarea(attrs={"rows": 3}),
            "error_messages": {"required": "Say why."},
        }
        super().__init__(**(defaults | options))


class ReasonForm(forms.Form):
    """A form with the reason as its only field; subclasses add more."""

    reason = ReasonField()
