"""Filter classes of certifications, with their form fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from certify.filters.date_range import days_of_week
from certify.filters.names import EVERYBODY
from certify.filters.run_fields import RunNumberField, RunRangesField
from certify.models import TrackerCertification
from certify.models.components import Component
from certify.rules.run_numbers import LAST_RUN
from certify.vocabulary.cache import vocabulary, with_descendants
from infrastructure.database.ignore_case import contains_ignoring_case
from infrastructure.web.iso_dates import IsoDateField
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

Rows = QuerySet[TrackerCertification]
Pairs = list[tuple[str, str]]
MOST_PEOPLE, MAX_TEXT = 100, 2000
_BETWEEN_NAMES = re.compile(r"[,\s]+")


class NumberFilter(django_filters.Filter):
    """Certifications whose stored fact is within a distance of a number, such as 3.8 T within 0.05 T."""

    field_class = forms.FloatField

    def __init__(self, label: str, most: float, within: float) -> None:
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), f"Give a number from 0 to {most:g}.")
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        super().__init__(label=label, min_value=0, max_value=most, error_messages=messages, widget=widget)
        self.within = within

    def filter(self, qs: Rows, value: float | None) -> Rows:
        return qs if value is None else qs.filter(self.condition(value, f"facts__run__{self.field_name}"))

    def condition(self, value: float, column: str) -> Q:
        return Q(**{f"{column}__gte": value - self.within, f"{column}__lte": value + self.within})


class RunNumberFilter(django_filters.Filter):
    """A run number of up to seven digits; larger numbers may not fit the integers of the database."""

    field_class = RunNumberField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), "Type a run number of up to seven digits.")
        super().__init__(*args, min_value=1, max_value=LAST_RUN, **{"error_messages": messages, **kwargs})


class RunRangesFilter(django_filters.Filter):
    """Certifications of runs in any of the ranges."""

    field_class = RunRangesField

    def filter(self, qs: Rows, value: list[tuple[int, int]]) -> Rows:
        ranges = [Q(**{f"{self.field_name}__gte": first, f"{self.field_name}__lte": last}) for first, last in value]
        return qs.filter(any_of(ranges)) if ranges else qs


class DateFilter(django_filters.Filter):
    """An ISO day."""

    field_class = IsoDateField


class WeekField(forms.CharField):
    """An ISO week such as 2018-W17. `current_names` converts valid weeks to days, so only invalid ones get here."""

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        try:
            return days_of_week(name) if name else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None


class WeekFilter(django_filters.Filter):
    """A week. It does not filter itself: `current_names` converts it to a range of days."""

    field_class = WeekField

    def filter(self, qs: Rows, value: object) -> Rows:  # noqa: ARG002
        return qs


class CheckboxesFilter(django_filters.MultipleChoiceFilter):
    """Any of the chosen values, as checkboxes."""

    def __init__(self, field_name: str, label: str, choices: Pairs) -> None:
        super().__init__(
            field_name=field_name,
            label=label,
            choices=choices,
            distinct=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": "There is no %(value)s here."},
        )

    def filter(self, qs: Rows, value: list[str]) -> Rows:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class TextFilter(django_filters.Filter):
    """Certifications with the text in any of the columns."""

    field_class = forms.CharField

    def __init__(self, *columns: str, label: str, of_json: tuple[str, ...] = (), **attrs: str) -> None:
        super().__init__([*columns, *of_json][0], label=label, max_length=MAX_TEXT, widget=forms.TextInput(attrs=attrs))
        self.columns, self.of_json = columns, of_json

    def filter(self, qs: Rows, value: str) -> Rows:
        return qs.filter(contains_ignoring_case(self.columns, value, of_json=self.of_json)) if value else qs


class TermsFilter(django_filters.Filter):
    """Any of the chosen vocabulary terms, by key, or their descendants. Each certification is returned once."""

    field_class = forms.MultipleChoiceField

    def __init__(self, field_name: str, label: str) -> None:
        super().__init__(field_name, label=label, choices=lambda: term_choices(field_name))

    def filter(self, qs: Rows, value: list[str]) -> Rows:
        return qs.filter(with_terms(qs, self.field_name, map(int, value))) if value else qs


class AnyProblemFilter(django_filters.Filter):
    """Any of the chosen problems of any component; values are <component>-<key>."""

    field_class = forms.MultipleChoiceField

    def __init__(self, label: str) -> None:
        messages = {"invalid_choice": "There is no problem %(value)s."}
        super().__init__(label=label, choices=problem_choices, error_messages=messages)

    def filter(self, qs: Rows, value: list[str]) -> Rows:
        chosen: dict[str, list[int]] = {}
        for choice in value:
            component, _, key = choice.partition("-")
            chosen.setdefault(Component(component).problems_field, []).append(int(key))
        return qs.filter(any_of(with_terms(qs, field, keys) for field, keys in chosen.items())) if chosen else qs


def any_of(conditions: Iterable[Q]) -> Q:
    """Combine the conditions with OR; without conditions, no row matches."""
    combined = Q(pk__in=[])
    for condition in conditions:
        combined |= condition
    return combined


def with_terms(rows: Rows, field: str, keys: Iterable[int]) -> Q:
    """Return the condition for rows with one of these terms of a field, or one of their descendants."""
    wanted = with_descendants(field, keys)
    if not TrackerCertification._meta.get_field(field).many_to_many:
        return Q(**{f"{field}__in": wanted})
    if hasattr(rows, "keys_with_problems"):  # as of a moment: history stores the keys with the row
        return Q(pk__in=rows.keys_with_problems(field, wanted))
    return Q(pk__in=TrackerCertification.everything.filter(**{f"{field}__in": wanted}).order_by().values("pk"))


def term_choices(field: str) -> Pairs:
    """Return the terms of one field as (key, path)."""
    return [(str(term.pk), term.path) for term in vocabulary().terms[field]]


def problem_choices() -> Pairs:
    """Return every problem as (<component>-<key>, "<component>: <name>")."""
    terms = vocabulary().terms
    return [
        (f"{component.value}-{term.pk}", f"{component.label}: {term.name}")
        for component in Component
        for term in terms[component.problems_field]
    ]


class PeopleField(forms.MultipleChoiceField):
    """Users by account name, repeated or separated by commas; cleaned to a list of users with one query."""

    def clean(self, value: Any) -> Any:
        names = account_names(value or [])
        if any(not name.isprintable() or len(name) > 150 for name in names) or len(names) > MOST_PEOPLE:
            raise forms.ValidationError("Nobody has this account name.")
        people = list(User.objects.filter(username__in=names).order_by("username")) if names else []
        if unknown := sorted(names - {person.username for person in people}):
            raise forms.ValidationError(f"{', '.join(unknown)}: Nobody has this account name. Choose another.")
        return people


def account_names(values: Iterable[str]) -> set[str]:
    """Return the account names in these values; none if one of them is "everybody"."""
    names = {name for value in values for name in _BETWEEN_NAMES.split(value) if name}
    return set() if EVERYBODY in names else names


class PeopleFilter(django_filters.Filter):
    """Certifications by any of these users."""

    field_class = PeopleField

    def filter(self, qs: Rows, value: list[User]) -> Rows:
        return qs.filter(**{f"{self.field_name}__in": [person.pk for person in value]}) if value else qs
