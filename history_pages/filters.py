"""Filters of the page of all changes. Field names are the names of the query parameters."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms

from audit.choices import change_kind_choices
from audit.models import Change
from certify.filters.fields import RunNumberFilter
from users.models import User


def _day_filter(lookup: str, label: str) -> django_filters.DateFilter:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return django_filters.DateFilter(
        field_name="at",
        lookup_expr=lookup,
        label=label,
        widget=widget,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Type a day as YYYY-MM-DD."},
    )


class ChangeFilter(django_filters.FilterSet):
    """Filter of changes by user, run, kind and day (UTC)."""

    person = django_filters.ModelChoiceFilter(
        field_name="by",
        label="By",
        queryset=User.objects.order_by("username").only("username", "first_name", "last_name"),
        to_field_name="username",
        empty_label="Anybody",
        error_messages={"invalid_choice": "Nobody has this account name."},
    )
    run = RunNumberFilter(field_name="run_number", label="Run")
    kind = django_filters.ChoiceFilter(
        choices=change_kind_choices,
        label="Kind",
        empty_label="Any",
        error_messages={"invalid_choice": "There is no kind %(value)s."},
    )
    date_min = _day_filter("date__gte", "From (UTC)")
    date_max = _day_filter("date__lte", "To (UTC)")

    class Meta:
        model = Change
        fields: list[str] = []

    @property
    def is_set(self) -> bool:
        """Return whether any filter is set."""
        return any(value for name, value in self.data.items() if name in self.base_filters)


def filtered_changes(filters: ChangeFilter) -> Any:
    """Return the queryset of the filtered changes, newest first, or an empty one if the filters are invalid."""
    return filters.qs if filters.is_valid() else Change.objects.none()
