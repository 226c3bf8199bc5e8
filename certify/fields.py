"""Form fields that outlive any text sent to them."""

from __future__ import annotations

from typing import Any

from django import forms

_LONGEST_KEY = 18  # digits: what every database here takes as a key


class WordsField(forms.ModelMultipleChoiceField):
    """Some rows by key. A key that no row can have is an invalid choice, not an error of the database."""

    def _check_values(self, value: Any) -> Any:
        for key in value if isinstance(value, list | tuple) else ():
            if not (str(key).isascii() and str(key).isdigit() and len(str(key)) <= _LONGEST_KEY):
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": str(key)[:40]})
        return super()._check_values(value)  # type: ignore[misc]
