"""The form for the note of a shifter on a day."""

from __future__ import annotations

from django import forms

from infrastructure.web.iso_dates import IsoDateField


class DayNoteForm(forms.Form):
    """Comment and links, both optional. `practice`: the form was opened in training."""

    day = IsoDateField(widget=forms.HiddenInput)
    practice = forms.BooleanField(required=False, widget=forms.HiddenInput)
    comment = forms.CharField(
        label="Special comment", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    links = forms.CharField(
        label="Links to prompt feedback", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
