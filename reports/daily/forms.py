"""Which certifications a daily report is about, and the shifter's own words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from certify.rules.run_numbers import parse_run_numbers
from users.models import User

EVERYBODY = "everybody"


def day_field(label: str) -> forms.DateField:
    """A day that may be left open."""
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Give the day as 2018-05-01."},
    )


class ScopeForm(forms.Form):
    """A day, or a range of days, or runs, of one person or of everybody. Names are those of the URL."""

    date = day_field("Shift day (UTC)")
    date_min = day_field("or from (UTC)")
    date_max = day_field("to (UTC)")
    runs = forms.CharField(label="Runs", required=False, max_length=2000)
    user = forms.CharField(label="Shifter", required=False, max_length=150)

    def __init__(self, data: Any, reader: User) -> None:
        self.reader = reader
        super().__init__(self._with_defaults(data))

    def _with_defaults(self, asked: Any) -> dict[str, str]:
        """What is asked, with what stands where nothing is said, so that the fields show it. A range is no day."""
        said = {name: asked[name] for name in self.base_fields if asked.get(name)}
        if "date_min" in said or "date_max" in said:
            said.pop("date", None)
        elif "date" not in said and "runs" not in said:
            said["date"] = f"{timezone.now():%Y-%m-%d}"
        is_on_shift = self.reader.may_certify and not self.reader.may_change_others
        return {"user": self.reader.username if is_on_shift else EVERYBODY} | said

    def clean_runs(self) -> list[int]:
        typed = self.cleaned_data["runs"]
        try:
            return parse_run_numbers(typed) if typed.strip() else []
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_user(self) -> User | None:
        """Whose certifications: a shifter's own where nobody is named, for anybody else everybody's."""
        name = self.cleaned_data["user"]
        if name == EVERYBODY:
            return None
        person = self.reader if name == self.reader.username else User.objects.filter(username=name).first()
        if person is None:
            raise forms.ValidationError("Nobody has this account name. Choose another.")
        return person

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("date_min"), cleaned.get("date_max")
        if first and last and last < first:
            self.add_error("date_max", "Ends before it begins.")
        return cleaned


class DayNoteForm(forms.Form):
    """The shifter's own words; both optional. `practice`: the form was opened in training."""

    day = forms.DateField(input_formats=["%Y-%m-%d"], widget=forms.HiddenInput)
    practice = forms.BooleanField(required=False, widget=forms.HiddenInput)
    comment = forms.CharField(
        label="Special comment", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    links = forms.CharField(
        label="Links to prompt feedback", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
