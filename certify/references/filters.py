"""Filters of the table of reference runs. Field names are the names of the query parameters."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from certify.filters.fields import RunNumberFilter, RunRangesFilter, TextFilter
from certify.models import RunReconstruction
from certify.models.choices import Reconstruction
from oms.choices import RunType

OFFERED, RETIRED, ANY = "offered", "retired", "any"
_FIELD_TOLERANCE_T = 0.1
ReferenceQuerySet = QuerySet[RunReconstruction]


class ReferenceFilterForm(forms.Form):
    """Filter form that requires the last run not to be smaller than the first."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("runs_min"), cleaned.get("runs_max")
        if first is not None and last is not None and last < first:
            self.add_error("runs_max", "The last run is smaller than the first.")
        return cleaned


def _number_filter(field: str, lookup: str, label: str) -> django_filters.Filter:
    messages = dict.fromkeys(("invalid", "min_value", "max_value"), f"{label}: type a number of up to seven digits.")
    return RunNumberFilter(field_name=field, lookup_expr=lookup, label=label, error_messages=messages)


def _choice_filter(label: str, choices: list[tuple[str, str]], **options: Any) -> django_filters.ChoiceFilter:
    messages = {"invalid_choice": "There is no %(value)s here. Choose another."}
    return django_filters.ChoiceFilter(label=label, choices=choices, error_messages=messages, **options)


class ReferenceFilter(django_filters.FilterSet):
    """Filter by runs, fill, reconstruction, run type, era, magnetic field and state; by default only offered ones."""

    runs = RunRangesFilter(field_name="run_id", label="Runs and ranges")
    runs_min = _number_filter("run_id", "gte", "First run")
    runs_max = _number_filter("run_id", "lte", "Last run")
    fill = _number_filter("run__fill_number", "exact", "Fill")
    reconstruction = _choice_filter("Reconstruction", Reconstruction.choices, empty_label="Any")
    run_type = _choice_filter("Run type", RunType.choices, field_name="run__run_type", empty_label="Any")
    era = TextFilter("era", label="Era contains")
    b_field = django_filters.NumberFilter(
        label="B field (T)",
        method="filter_b_field",
        error_messages={"invalid": "Type the field in T, such as 3.8."},
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    state = _choice_filter(
        "State",
        [(RETIRED, "Retired"), (ANY, "Offered and retired")],
        method="filter_state",
        empty_label="Offered",
    )

    class Meta:
        model = RunReconstruction
        form = ReferenceFilterForm
        fields: list[str] = []

    def filter_queryset(self, queryset: ReferenceQuerySet) -> ReferenceQuerySet:
        """Return the filtered reference runs, without retired ones unless a state is selected."""
        filtered: ReferenceQuerySet = super().filter_queryset(queryset)
        return filtered if self.form.cleaned_data.get("state") else filtered.filter(is_reference=True)

    def filter_b_field(self, queryset: ReferenceQuerySet, _name: str, value: Any) -> ReferenceQuerySet:
        """Return those with this magnetic field (T), within the tolerance of the ranking."""
        return queryset.filter(
            run__b_field__range=(float(value) - _FIELD_TOLERANCE_T, float(value) + _FIELD_TOLERANCE_T)
        )

    def filter_state(self, queryset: ReferenceQuerySet, _name: str, value: str) -> ReferenceQuerySet:
        """Return the retired reference runs, or all."""
        return queryset if value == ANY else queryset.filter(is_reference=False)
