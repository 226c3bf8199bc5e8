"""The filters of the list: which there are, what they accept, and how each narrows the rows."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar, cast

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from certify.editor.fields import TermsField
from certify.models import BadReason, PixelProblem, StripProblem, TrackerCertification, TrackingProblem
from certify.models.choices import CertificationState, Component, Flag, Reconstruction, TrackerMap, Verdict
from certify.rules.run_numbers import LAST_RUN
from certify.vocabulary.cache import with_descendants
from oms.choices import RunType
from users.models import User

ANY_STATE = "any"
Rows = QuerySet[TrackerCertification]


class ListFilterForm(forms.Form):
    """Ranges must not end before they begin; the error stands beside the end."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, says in (("runs", "The last run is smaller than the first."), ("date", "Ends before it begins.")):
            first, last = cleaned.get(f"{name}_min"), cleaned.get(f"{name}_max")
            if first is not None and last is not None and last < first:
                self.add_error(f"{name}_max", says)
        return cleaned


class RunNumberFilter(django_filters.Filter):
    """Up to seven digits; more would not fit any database's integers."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        says = dict.fromkeys(("invalid", "min_value", "max_value"), "Type a run number of up to seven digits.")
        super().__init__(*args, min_value=1, max_value=LAST_RUN, error_messages=says, **kwargs)


class DayFilter(django_filters.Filter):
    """An ISO day."""

    field_class = forms.DateField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        says = {"invalid": "Type a day as YYYY-MM-DD."}
        super().__init__(*args, widget=widget, input_formats=["%Y-%m-%d"], error_messages=says, **kwargs)


class WordsFilter(django_filters.MultipleChoiceFilter):
    """Any of the chosen words, as boxes."""

    def __init__(self, field_name: str, label: str, choices: list[tuple[str, str]]) -> None:
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


class ProblemsFilterField(TermsField, django_filters.fields.ModelMultipleChoiceField):
    """Problems by key, as a filter wants them; without any, no queryset that finds nothing."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) if value else []


class ProblemsFilter(django_filters.ModelMultipleChoiceFilter):
    """Any of the chosen problems, or one below them; a certification with two of them still is one row."""

    field_class = ProblemsFilterField

    def filter(self, qs: Rows, value: list[Any]) -> Rows:
        if not value:
            return qs
        keys = with_descendants(self.field_name, (problem.pk for problem in value))
        if hasattr(qs, "with_problems"):  # as of a moment: history keeps the keys with the row
            return qs.with_problems(self.field_name, keys)
        having = TrackerCertification.everything.filter(**{f"{self.field_name}__in": keys})
        return qs.filter(pk__in=having.values("pk"))


class ReasonFilter(django_filters.ModelChoiceFilter):
    """The chosen reason, or one below it."""

    def filter(self, qs: Rows, value: BadReason | None) -> Rows:
        return qs.filter(bad_reason__in=with_descendants("bad_reason", [value.pk])) if value else qs


def _named(user: User) -> str:
    return f"{user.username} · {user.display_name}" if user.display_name != user.username else user.username


class PersonField(forms.ModelChoiceField):
    """A person, by account name."""

    def label_from_instance(self, obj: User) -> str:
        return _named(obj)


class PersonFilter(django_filters.ModelChoiceFilter):
    field_class = PersonField


def _component(component: Component) -> WordsFilter:
    return WordsFilter(component.value, component.label, Flag.choices)


def _problems(component: Component, problems: type[Any]) -> ProblemsFilter:
    return ProblemsFilter(
        field_name=f"{component}_problems",
        label=f"{component.label} problems",
        queryset=problems.objects.all(),
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )


class CertificationFilter(django_filters.FilterSet):
    """Everything that narrows the list. Names are those of the URL."""

    _form_of_all: ClassVar[type[forms.Form] | None] = None

    runs_min = RunNumberFilter(field_name="runreconstruction__run_id", lookup_expr="gte", label="First run")
    runs_max = RunNumberFilter(field_name="runreconstruction__run_id", lookup_expr="lte", label="Last run")
    date_min = DayFilter(field_name="date", lookup_expr="gte", label="From")
    date_max = DayFilter(field_name="date", lookup_expr="lte", label="To")
    user = PersonFilter(
        field_name="user",
        label="Shifter",
        queryset=User.objects.order_by("username").only("username", "first_name", "last_name"),
        to_field_name="username",
        empty_label="Anybody",
        error_messages={"invalid_choice": "Nobody has this account name."},
    )
    reconstruction = WordsFilter("runreconstruction__reconstruction", "Reconstruction", Reconstruction.choices)
    run_type = WordsFilter("run_type", "Run type", RunType.choices)
    verdict = WordsFilter("verdict_word", "Verdict", Verdict.choices)
    pixel = _component(Component.PIXEL)
    strip = _component(Component.STRIP)
    tracking = _component(Component.TRACKING)
    lowstat = django_filters.BooleanFilter(
        label="Low statistics in any component", method="with_low_statistics", widget=forms.CheckboxInput
    )
    stale = django_filters.BooleanFilter(label="Stale", method="that_are_stale", widget=forms.CheckboxInput)
    incomplete = django_filters.BooleanFilter(
        label="Facts to complete", method="that_are_incomplete", widget=forms.CheckboxInput
    )
    trackermap = WordsFilter("trackermap", "Tracker map", TrackerMap.choices)
    dataset = django_filters.CharFilter(field_name="dataset__name", lookup_expr="icontains", label="Dataset contains")
    reference = RunNumberFilter(field_name="reference_runreconstruction__run_id", label="Reference run")
    bad_reason = ReasonFilter(queryset=BadReason.objects.all(), label="Reason", empty_label="Any")
    pixel_problems = _problems(Component.PIXEL, PixelProblem)
    strip_problems = _problems(Component.STRIP, StripProblem)
    tracking_problems = _problems(Component.TRACKING, TrackingProblem)
    comment = django_filters.CharFilter(field_name="comment", lookup_expr="icontains", label="Comment contains")
    state = django_filters.ChoiceFilter(
        label="State",
        method="of_state",
        choices=[*CertificationState.choices, (ANY_STATE, "Live and withdrawn")],
        empty_label=None,
        error_messages={"invalid_choice": "There is no state %(value)s."},
    )

    # Which rows there are to filter says the page: those that count, or practice.
    practice = django_filters.BooleanFilter(label="Practice", method="as_given", widget=forms.CheckboxInput)

    class Meta:
        model = TrackerCertification
        form = ListFilterForm
        fields: list[str] = []

    def get_form_class(self) -> type[forms.Form]:
        """The form of these filters, made once: they are the same for each page."""
        if self._form_of_all is None:
            type(self)._form_of_all = super().get_form_class()
        return cast(type[forms.Form], self._form_of_all)

    def filter_queryset(self, queryset: Rows) -> Rows:
        """Live certifications, unless a state was asked for."""
        narrowed = super().filter_queryset(queryset)
        return narrowed if self.form.cleaned_data.get("state") else narrowed.live()

    def of_state(self, queryset: Rows, _name: str, value: str) -> Rows:
        return queryset if value == ANY_STATE else queryset.filter(state=value)

    def as_given(self, queryset: Rows, _name: str, _value: bool) -> Rows:
        return queryset

    def that_are_stale(self, queryset: Rows, _name: str, value: bool) -> Rows:
        return queryset.filter(stale_since__isnull=False) if value else queryset

    def that_are_incomplete(self, queryset: Rows, _name: str, value: bool) -> Rows:
        return queryset.filter(external_info_complete=False) if value else queryset

    def with_low_statistics(self, queryset: Rows, _name: str, value: bool) -> Rows:
        ticked = Q(pixel_lowstat=True) | Q(strip_lowstat=True) | Q(tracking_lowstat=True)
        return queryset.filter(ticked) if value else queryset


class _Unchanging(dict[str, django_filters.Filter]):
    """Filters that a page takes without copying their choices, widgets and words, a tenth of its time."""

    def __deepcopy__(self, _memo: object) -> dict[str, django_filters.Filter]:
        return {name: _of_this_page(one) for name, one in self.items()}


def _of_this_page(one: django_filters.Filter) -> django_filters.Filter:
    """The filter, to be told which page it is of; with a method, that is told, too."""
    own = copy(one)
    if one.method:
        own.method = one.method
    return own


CertificationFilter.base_filters = _Unchanging(CertificationFilter.base_filters)
FILTER_NAMES = frozenset(CertificationFilter.base_filters)
# What else an address of the list may carry.
OTHER_NAMES = frozenset({"as_of", "page", "sort", "per_page", "export"})
