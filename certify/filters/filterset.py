"""The filter of certifications for the list, the week, the daily report, exports and saved filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Q
from django.utils.functional import cached_property

from certify.filters.date_range import DateRange
from certify.filters.fields import (
    AnyProblemFilter,
    CheckboxesFilter,
    DateFilter,
    NumberFilter,
    PeopleFilter,
    Rows,
    RunNumberFilter,
    RunRangesFilter,
    TermsFilter,
    TextFilter,
    WeekFilter,
)
from certify.filters.names import ALIASES, DAY_NAMES, current_names
from certify.models import TrackerCertification
from certify.models.choices import CertificationState, Flag, Reconstruction, TrackerMap, Verdict
from certify.models.components import LOWSTAT_FIELDS, RANGES_FIELDS, Component
from certify.rules.run_numbers import LAST_RUN
from infrastructure.number_ranges import format_ranges
from oms.choices import RunType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from django.http import QueryDict

    from certify.models.certification_queries import CertificationQuerySet

ANY_STATE = "any"
EVERYTHING_LIVE = f"state={CertificationState.LIVE}"  # an empty query would mean the default of a page


def is_set(value: object) -> bool:
    """Whether a cleaned value is set. Zero is."""
    return value is not None and value is not False and value != "" and value != []


@dataclass(frozen=True)
class FilterChip:
    """A link to the same page with another query: to remove a filter, choose a scope, or filter by a verdict."""

    text: str
    query: str
    is_current: bool = False
    verdict: str = ""


class CertificationFilterForm(forms.Form):
    """Converts a single day to a range, and checks that ranges do not end before they begin."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if day := cleaned.get("date"):
            cleaned |= {"date_min": day, "date_max": day}
        for name, message in (("runs", "The last run is smaller than the first."), ("date", "Ends before it begins.")):
            first, last = cleaned.get(f"{name}_min"), cleaned.get(f"{name}_max")
            if first is not None and last is not None and last < first:
                self.add_error(f"{name}_max", message)
        return cleaned


class CertificationFilter(django_filters.FilterSet):
    """The filters of certifications, with the names of `certify.filters.names`.

    `page_parameters`: names of parameters of the page that are not filters but remain in its links. The page provides
    the queryset, and defines what a query without filters means.
    """

    date_min = DateFilter(field_name="date", lookup_expr="gte", label="Shift day from (UTC)")
    date_max = DateFilter(field_name="date", lookup_expr="lte", label="Shift day to (UTC)")
    week = WeekFilter(label="Week", max_length=20)
    date = DateFilter(label="Shift day (UTC)", method="unchanged")
    user = PeopleFilter(field_name="user", label="Shifter")
    runs = RunRangesFilter(
        field_name="runreconstruction__run_id",
        label="Runs and ranges",
    )
    runs_min = RunNumberFilter(field_name="runreconstruction__run_id", lookup_expr="gte", label="First run")
    runs_max = RunNumberFilter(field_name="runreconstruction__run_id", lookup_expr="lte", label="Last run")
    reconstruction = CheckboxesFilter("runreconstruction__reconstruction", "Reconstruction", Reconstruction.choices)
    run_type = CheckboxesFilter("run_type", "Run type", RunType.choices)
    verdict = CheckboxesFilter("verdict_word", "Verdict", Verdict.choices)
    trackermap = CheckboxesFilter("trackermap", "Tracker map", TrackerMap.choices)
    b_field = NumberFilter("B field (T)", most=10, within=0.05)
    energy = NumberFilter("Energy (GeV)", most=100_000, within=0.5)
    beam = TextFilter(
        of_json=("facts__run__fill_type_runtime", "facts__run__fill_type_party1"), label="Beam", placeholder="PROTON"
    )
    dataset = TextFilter("dataset__name", label="Dataset contains")
    reference = RunNumberFilter(field_name="reference_runreconstruction__run_id", label="Reference run")
    bad_reason = TermsFilter("bad_reason", "Reason")
    problem = AnyProblemFilter("Problems")
    comment = TextFilter("comment", label="Comment contains")
    lowstat = django_filters.BooleanFilter(
        label="Low statistics in any component", method="with_low_statistics", widget=forms.CheckboxInput
    )
    ranges = django_filters.BooleanFilter(
        label="With bad lumisections", method="with_bad_lumisections", widget=forms.CheckboxInput
    )
    stale = django_filters.BooleanFilter(label="Stale", method="that_are_stale", widget=forms.CheckboxInput)
    incomplete = django_filters.BooleanFilter(
        label="Facts to complete", method="that_are_incomplete", widget=forms.CheckboxInput
    )
    registry_changed = django_filters.BooleanFilter(
        label="Changed in Run Registry since", method="that_are_changed_in_registry", widget=forms.CheckboxInput
    )
    state = django_filters.ChoiceFilter(
        label="State",
        method="of_state",
        choices=[*CertificationState.choices, (ANY_STATE, "Live and withdrawn")],
        empty_label=None,
        error_messages={"invalid_choice": "There is no state %(value)s."},
    )
    practice = django_filters.BooleanFilter(label="Practice", method="unchanged", widget=forms.CheckboxInput)

    class Meta:
        model = TrackerCertification
        form = CertificationFilterForm
        fields: list[str] = []

    def __init__(self, data: QueryDict, queryset: Rows | None = None, page_parameters: Collection[str] = ()) -> None:
        self.page_parameters = page_parameters
        super().__init__(current_names(data), TrackerCertification.objects.all() if queryset is None else queryset)

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Return the declared filters, and the flag and problems of each component."""
        filters = dict(super().get_filters())
        for component in Component:
            filters[component.flag_field] = CheckboxesFilter(component.flag_field, component.label, Flag.choices)
            filters[component.problems_field] = TermsFilter(component.problems_field, component.problems_label)
        return filters

    def get_form_class(self) -> type[forms.Form]:
        """Return the form class of these filters, built once for all pages."""
        if "shared_form" not in type(self).__dict__:
            type(self).shared_form = super().get_form_class()
        return cast("type[forms.Form]", type(self).shared_form)

    def filter_queryset(self, queryset: Rows) -> Rows:
        """Filter the rows; live certifications only, unless a state is set."""
        narrowed = self.narrowed(queryset)
        return narrowed if self.values.get("state") else narrowed.live()  # type: ignore[attr-defined]

    def narrowed(self, rows: Rows, without: Collection[str] = ()) -> Rows:
        """Apply the filters except those `without`; rows of any state."""
        for name, value in self.values.items():
            if name not in without:
                rows = self.filters[name].filter(rows, value)
        return rows

    @classmethod
    def unknown_names(cls, query: QueryDict, of_page: Collection[str] = ()) -> list[str]:
        """Return the unknown parameters of a query; `of_page`: other parameters that the page accepts."""
        return sorted(set(query) - cls.base_filters.keys() - ALIASES.keys() - set(of_page))

    @cached_property
    def values(self) -> dict[str, Any]:
        """The cleaned values by name of the filter, without empty and invalid ones."""
        self.form.errors  # noqa: B018 (it cleans)
        return {name: value for name, value in self.form.cleaned_data.items() if is_set(value)}

    @cached_property
    def days(self) -> DateRange:
        """The range of days, from any of the parameters of days."""
        values = self.values
        return DateRange(values.get("date_min"), values.get("date_max"))

    @cached_property
    def run_ranges(self) -> list[tuple[int, int]]:
        """The runs as (first, last), from any of the parameters of runs; empty for all runs, [(0, 0)] for none."""
        values = self.values
        first, last = values.get("runs_min", 0), values.get("runs_max", LAST_RUN)
        ranges = values.get("runs") or ([(first, last)] if {"runs_min", "runs_max"} & values.keys() else [])
        clipped = [(max(first, start), min(last, end)) for start, end in ranges if start <= last and end >= first]
        return clipped or [(0, 0)] * bool(ranges)

    def as_pairs(self, without: Collection[str] = ()) -> Iterator[tuple[str, str]]:
        """Yield (name, value) of the set filters under their current names, days first, without the default state."""
        if not {"date_min", "date_max"} & set(without):
            yield from self._day_pairs()
        for name in (*self.filters, *self.page_parameters):
            if name in without or (name in DAY_NAMES and name != "week"):
                continue
            yield from (
                (name, value) for value in self._texts(name) if (name, value) != ("state", CertificationState.LIVE)
            )

    def _texts(self, name: str) -> Iterable[str]:
        """Return the texts of a filter as given; a list of runs as short as possible, whatever was around it."""
        if name == "runs" and name in self.values:
            return [format_ranges(self.values[name])]
        return dict.fromkeys(self.data.getlist(name))

    def _day_pairs(self) -> Iterator[tuple[str, str]]:
        if any(name in self.form.errors for name in DAY_NAMES):
            yield from ((name, self.data[name]) for name in DAY_NAMES if name in self.data and name != "week")
        else:
            yield from self.days.query().items()

    def as_query(self, *, without: Collection[str] = (), first: Mapping[str, str] | None = None, **instead: Any) -> str:
        """Return the filters as a query string except those `without`, after `first`, with the values `instead`."""
        replaced = {name: value for name, value in instead.items() if is_set(value)}
        if any(name in DAY_NAMES for name in replaced):
            without = {*without, *DAY_NAMES}
        pairs = [pair for pair in self.as_pairs(without) if pair[0] not in replaced]
        return urlencode([*(first or {}).items(), *pairs, *replaced.items()], doseq=True)

    def as_chips(self, *, with_days: bool = True) -> list[FilterChip]:
        """Return a chip for each valid filter that is set, with the query without it."""
        values, pairs = self.values, list(self.as_pairs())
        chips = []
        for name in dict.fromkeys(name for name, _value in pairs):
            if name not in self.filters or (name != "week" and name not in values):
                continue
            if with_days or name not in DAY_NAMES:
                chosen = [value for key, value in pairs if key == name]
                left = self.as_query(without=DAY_NAMES if name == "week" else [name])
                chips.append(FilterChip(self._chip_text(name, chosen), left or self._query_without_filters))
        return chips

    @property
    def _query_without_filters(self) -> str:
        """Return the query string of all live rows; empty on pages without a filter on states, which show no others."""
        return EVERYTHING_LIVE if "state" in self.filters else ""

    def _chip_text(self, name: str, chosen: list[str]) -> str:
        definition = self.filters[name]
        label = definition.label.removesuffix(" (UTC)")
        if isinstance(definition, django_filters.BooleanFilter):
            return str(label)
        labels = definition.extra.get("choices")
        names = dict(labels()) if callable(labels) else {}
        return f"{label} {', '.join(names.get(value) or value for value in chosen)}"

    def as_sentence(self) -> str:
        """Return the set filters except days as text: "Verdict bad; Run type cosmics"."""
        return "; ".join(chip.text for chip in self.as_chips(with_days=False))

    def unchanged(self, queryset: Rows, _name: str, _value: object) -> Rows:
        """Filter nothing: the range of days filters for `date`, the page for `practice`."""
        return queryset

    def of_state(self, queryset: Rows, _name: str, value: str) -> Rows:
        return queryset if value == ANY_STATE else queryset.filter(state=value)

    def that_are_stale(self, queryset: Rows, _name: str, value: bool) -> Rows:
        return queryset.filter(stale_since__isnull=False) if value else queryset

    def that_are_changed_in_registry(self, queryset: Rows, _name: str, value: bool) -> Rows:
        """Filter by the sendings of `registry_sync`, whose models refer to certifications."""
        changed = Q(sendings__changed_since__gt="") | Q(sendings__writes__changed_since__gt="")
        keys = TrackerCertification.everything.filter(changed).order_by().values("pk")
        return queryset.filter(id__in=keys) if value else queryset

    def that_are_incomplete(self, queryset: CertificationQuerySet, _name: str, value: bool) -> Rows:
        return queryset.incomplete() if value else queryset

    def with_low_statistics(self, queryset: Rows, _name: str, value: bool) -> Rows:
        ticked = Q()
        for field in LOWSTAT_FIELDS:
            ticked |= Q(**{field: True})
        return queryset.filter(ticked) if value else queryset

    def with_bad_lumisections(self, queryset: Rows, _name: str, value: bool) -> Rows:
        without_any: dict[str, Any] = {name: [] for name in RANGES_FIELDS}
        return queryset.exclude(**without_any) if value else queryset


FILTER_NAMES = frozenset(CertificationFilter.base_filters)


def days_query(days: DateRange, **values: str) -> str:
    """Return the query string of a range of days and other values, as `as_query` does."""
    return urlencode({**days.query(), **values})
