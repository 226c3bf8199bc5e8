"""Form fields of run numbers and run lists. All of them read what `certify.rules.run_list` reads."""

from __future__ import annotations

from typing import Any

from django import forms

from certify.rules.run_list import digits_of_run, number_of_runs, parse_ranges, parse_run_numbers

RUNS_PLACEHOLDER = "316187, 316199-316202"
# A text area, because browsers make spaces of the line breaks of a text that is pasted into an input.
RUNS_WIDGET_ATTRS = {
    "rows": 1,
    "spellcheck": "false",
    "autocomplete": "off",
    "placeholder": RUNS_PLACEHOLDER,
    "data-enter-submits": "",
}


class RunNumberField(forms.IntegerField):
    """One number of a run or fill, also with quotes, brackets or invisible characters around it; cleaned to an int."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        digits = digits_of_run(str(value))
        if count := number_of_runs(digits):
            raise forms.ValidationError(f"These are {count} runs. Type one here; a search takes at most 100.")
        return super().to_python(digits)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:  # noqa: ARG002
        return {}


class RunsField(forms.CharField):
    """Run numbers and ranges as text; cleaned to a list of run numbers, newest first."""

    def clean(self, value: Any) -> Any:
        """Return the run numbers. Raises `ValidationError` if the text cannot be read."""
        text = super().clean(value)
        try:
            return parse_run_numbers(text)
        except ValueError as error:
            raise forms.ValidationError(str(error), code="runs") from error


class RunRangesField(forms.CharField):
    """Run numbers and ranges as text; cleaned to [(first, last)]."""

    widget = forms.Textarea(attrs={**RUNS_WIDGET_ATTRS, "placeholder": "316187-316202"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return parse_ranges(text) if text else []
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
