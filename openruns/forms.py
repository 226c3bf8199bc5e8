"""Forms of the open runs page: search for runs, and certification of one run."""

from django import forms
from django.urls import reverse

from certify.filters.run_fields import RUNS_WIDGET_ATTRS, RunNumberField, RunsField
from certify.models.choices import Reconstruction
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN

_RUN_NUMBER_ERRORS = {"required": "Type a run number.", "invalid": "A run number has digits only, such as 316187."}
_RUN_RANGE_ERROR = f"Run numbers are {FIRST_RUN} to {LAST_RUN}."
_SEARCH_WIDGET_ATTRS = RUNS_WIDGET_ATTRS | {"data-key": "s", "data-key-label": "Search open runs"}


class SearchForm(forms.Form):
    """The runs to search for in Run Registry."""

    runs = RunsField(
        label="Runs and ranges, at most 100",
        widget=forms.Textarea(attrs=_SEARCH_WIDGET_ATTRS),
        error_messages={"required": "No run number. Type some, such as 316187, 316199-316202."},
    )


class OneRunForm(forms.Form):
    """One run and its reconstruction; without one, the first open reconstruction is used."""

    run = RunNumberField(
        label="Certify run",
        min_value=FIRST_RUN,
        max_value=LAST_RUN,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 9}),
        error_messages={**_RUN_NUMBER_ERRORS, "min_value": _RUN_RANGE_ERROR, "max_value": _RUN_RANGE_ERROR},
    )
    reco = forms.ChoiceField(
        label="Reconstruction",
        choices=[("", "First open"), *Reconstruction.choices],
        required=False,
        error_messages={"invalid_choice": "“%(value)s” is not a reconstruction. Choose one of the list."},
    )

    def certify_url(self) -> str:
        """Return the URL of the certification form."""
        run, reco = self.cleaned_data["run"], self.cleaned_data["reco"]
        if reco:
            return reverse("certify:certify-reconstruction", args=[run, reco])
        return reverse("certify:certify-run", args=[run])
