"""What the filters of certifications accept, and how each narrows the rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from certify.filters.date_range import days_of_week
from certify.filters.names import EVERYBODY
from certify.models import TrackerCertification
from certify.models.components import Component
from certify.rules.run_numbers import LAST_RUN, parse_ranges
from certify.vocabulary.cache import vocabulary, with_descendants
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

Rows = QuerySet[TrackerCertification]
Pairs = list[tuple[str, str]]
MOST_PEOPLE, MAX_TEXT = 100, 2000
_BETWEEN_NAMES = re.compile(r"[,\s]+")


class NumberFilter(django_filters.Filter):
    """The facts that were frozen with a certification within some distance of a number: 3.8 T is what reads as such."""

    field_class = forms.FloatField

    def __init__(self, label: str, most: float, within: float) -> None:
        says = dict.fromkeys(("invalid", "min_value", "max_value"), f"Give a number from 0 to {most:g}.")
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        super().__init__(label=label, min_value=0, max_value=most, error_messages=says, widget=widget)
        self.within = within

    def filter(self, qs: Rows, value: float | None) -> Rows:
        return qs if value is None else qs.filter(self.condition(value, f"facts__run__{self.field_name}"))

    def condition(self, value: float, column: str) -> Q:
        return Q(**{f"{column}__gte": value - self.within, f"{column}__lte": value + self.within})


class RunNumberFilter(django_filters.Filter):
    """Up to seven digits; more would not fit any database's integers."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        says = dict.fromkeys(("invalid", "min_value", "max_value"), "Type a run number of up to seven digits.")
        super().__init__(*args, min_value=1, max_value=LAST_RUN, error_messages=says, **kwargs)


class RunRangesField(forms.CharField):
    """Run numbers and ranges as text; cleaned to [(first, last)]."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return parse_ranges(text) if text else []
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None


class RunRangesFilter(django_filters.Filter):
    """In any of the ranges."""

    field_class = RunRangesField

    def filter(self, qs: Rows, value: list[tuple[int, int]]) -> Rows:
        spans = [Q(**{f"{self.field_name}__gte": first, f"{self.field_name}__lte": last}) for first, last in value]
        return qs.filter(any_of(spans)) if spans else qs


class DayFilter(django_filters.Filter):
    """An ISO day."""

    field_class = forms.DateField

    def __init__(self, *args: Any, says: str = "Type a day as YYYY-MM-DD.", **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(*args, widget=widget, input_formats=["%Y-%m-%d"], error_messages={"invalid": says}, **kwargs)


class WeekField(forms.CharField):
    """An ISO week such as 2018-W17. What is one was read as its days before, so only what is none comes here."""

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        try:
            return days_of_week(name) if name else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None


class WeekFilter(django_filters.Filter):
    """A week; it narrows by its days (`CertificationFilterForm`)."""

    field_class = WeekField

    def filter(self, qs: Rows, value: object) -> Rows:  # noqa: ARG002
        return qs


class WordsFilter(django_filters.MultipleChoiceFilter):
    """Any of the chosen words, as boxes."""

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
    """Any of these columns contains the text."""

    field_class = forms.CharField

    def __init__(self, *columns: str, label: str, **attrs: str) -> None:
        super().__init__(columns[0], label=label, max_length=MAX_TEXT, widget=forms.TextInput(attrs=attrs))
        self.columns = columns

    def filter(self, qs: Rows, value: str) -> Rows:
        return qs.filter(any_of(Q(**{f"{column}__icontains": value}) for column in self.columns)) if value else qs


class TermsFilter(django_filters.Filter):
    """Any of some words of a vocabulary, by key, or one below them. A certification with two of them is one row."""

    field_class = forms.MultipleChoiceField

    def __init__(self, field_name: str, label: str) -> None:
        super().__init__(field_name, label=label, choices=lambda: term_choices(field_name))

    def filter(self, qs: Rows, value: list[str]) -> Rows:
        return qs.filter(with_terms(qs, self.field_name, map(int, value))) if value else qs


class AnyProblemFilter(django_filters.Filter):
    """Any of the chosen problems of any component, as <component>-<key>."""

    field_class = forms.MultipleChoiceField

    def __init__(self, label: str) -> None:
        says = {"invalid_choice": "There is no problem %(value)s."}
        super().__init__(label=label, choices=problem_choices, error_messages=says)

    def filter(self, qs: Rows, value: list[str]) -> Rows:
        chosen: dict[str, list[int]] = {}
        for one in value:
            component, _, key = one.partition("-")
            chosen.setdefault(Component(component).problems_field, []).append(int(key))
        return qs.filter(any_of(with_terms(qs, *one) for one in chosen.items())) if chosen else qs


def any_of(conditions: Iterable[Q]) -> Q:
    """Any of these; nothing at all where there are none."""
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def with_terms(rows: Rows, field: str, keys: Iterable[int]) -> Q:
    """Those of the rows that have one of these words of a field, or one below it."""
    wanted = with_descendants(field, keys)
    if not TrackerCertification._meta.get_field(field).many_to_many:
        return Q(**{f"{field}__in": wanted})
    if hasattr(rows, "keys_with_problems"):  # as of a moment: history stores the keys with the row
        return Q(pk__in=rows.keys_with_problems(field, wanted))
    return Q(pk__in=TrackerCertification.everything.filter(**{f"{field}__in": wanted}).order_by().values("pk"))


def term_choices(field: str) -> Pairs:
    """The words of one field as (key, path)."""
    return [(str(word.pk), word.path) for word in vocabulary().terms[field]]


def problem_choices() -> Pairs:
    """Every problem, as (<component>-<key>, its component: its name)."""
    terms = vocabulary().terms
    return [
        (f"{component.value}-{word.pk}", f"{component.label}: {word.name}")
        for component in Component
        for word in terms[component.problems_field]
    ]


class PeopleField(forms.MultipleChoiceField):
    """Persons by account name, given once or several times or with commas; cleaned to the persons: a query."""

    def clean(self, value: Any) -> Any:
        names = account_names(value or [])
        if any(not name.isprintable() or len(name) > 150 for name in names) or len(names) > MOST_PEOPLE:
            raise forms.ValidationError("Nobody has this account name.")
        people = list(User.objects.filter(username__in=names).order_by("username")) if names else []
        if unknown := sorted(names - {person.username for person in people}):
            raise forms.ValidationError(f"{', '.join(unknown)}: Nobody has this account name. Choose another.")
        return people


def account_names(values: Iterable[str]) -> set[str]:
    """The names in these values; none where everybody is named."""
    names = {name for value in values for name in _BETWEEN_NAMES.split(value) if name}
    return set() if EVERYBODY in names else names


class PeopleFilter(django_filters.Filter):
    """Certified by any of these."""

    field_class = PeopleField

    def filter(self, qs: Rows, value: list[User]) -> Rows:
        return qs.filter(**{f"{self.field_name}__in": [person.pk for person in value]}) if value else qs
