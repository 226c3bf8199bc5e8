"""Filters of the page of all changes. Field names are the names of the query parameters."""

from __future__ import annotations

from typing import Any

import django_filters

from audit.choices import change_kind_choices
from audit.models import Change
from certify.filters.fields import DateFilter, RunNumberFilter
from users.models import User


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
    date_min = DateFilter(field_name="at", lookup_expr="date__gte", label="From (UTC)")
    date_max = DateFilter(field_name="at", lookup_expr="date__lte", label="To (UTC)")

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
