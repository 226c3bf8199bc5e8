"""Days in forms: text as 2018-05-01 whatever the language of the browser, with a calendar beside it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms

from infrastructure.web.rendered_widgets import RenderedOnce

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_AROUND = "\ufeff\u200b\u200e\u200f\u2060"  # invisible characters that a paste brings along
_FORM = "Give the day as 2018-05-01."


class IsoDateInput(RenderedOnce, forms.DateInput):
    """A text input; `iso_dates.js` adds the button that opens the calendar of the browser."""

    template_name = "includes/date_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {"placeholder": "2018-05-01", "autocomplete": "off", "spellcheck": "false", "data-iso-date": ""}
        super().__init__(attrs={**own, **(attrs or {})}, format="%Y-%m-%d")


class IsoDateField(forms.DateField):
    """A day written as 2018-05-01. No other notation is read, since 04/05/2018 means two days."""

    widget = IsoDateInput

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values or isinstance(value, dt.date):
            return super().to_python(value)
        text = str(value).strip().strip(_AROUND).strip()
        try:
            return parse_iso_day(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error), code="invalid") from None


def parse_iso_day(text: str) -> dt.date:
    """Return the day. Raises ValueError, with a sentence to show, for any other notation and days that do not exist."""
    if not _ISO_DAY.fullmatch(text):
        raise ValueError(f"“{text[:24]}{'…' if len(text) > 24 else ''}” is not written as year-month-day. {_FORM}")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"There is no day {text}. {_FORM}") from None
