"""The scope of the week and of reports: the filter of certifications over a range of days, with its queries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse

from certify.filters.date_range import FIRST_DAY, LAST_DAY, DateRange, this_week
from certify.filters.fields import NumberFilter
from certify.filters.filterset import CertificationFilter, CertificationFilterForm, days_query
from certify.filters.names import DAY_NAMES, RUN_NAMES, current_names, has_days, has_runs
from certify.models import TrackerCertification
from certify.models.choices import CertificationState, Reconstruction
from infrastructure.database.ignore_case import contains_ignoring_case
from oms.models import OmsRun
from reports.rows import ReportRow, report_rows
from reports.statistics import FlagChange, flag_changes

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

# Filters that apply to datasets of Run Registry as well; all others apply to certifications only.
_FILTERS_OF_DATASETS = {*DAY_NAMES, *RUN_NAMES, "reconstruction", "run_type", "dataset"}


class CalendarForm(CertificationFilterForm):
    """The filter form of pages that go through the days, which are therefore limited to `FIRST_DAY` to `LAST_DAY`."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in DAY_NAMES[:2]:
            if (day := cleaned.get(name)) and not FIRST_DAY <= day <= LAST_DAY:
                self.add_error(name, f"Days go from {FIRST_DAY} to {LAST_DAY}.")
        return cleaned


class PeriodFilter(CertificationFilter):
    """The filter of the week. Without days it is this ISO week (UTC); with runs and no days, all days."""

    class Meta(CertificationFilter.Meta):
        form = CalendarForm

    practice = state = None  # reports exclude practice and what is withdrawn

    def __init__(self, params: QueryDict) -> None:
        query = current_names(params)
        if not has_days(query) and not has_runs(query):
            query.update(this_week().query())
        super().__init__(query)


@dataclass(frozen=True)
class Scope:
    """The certifications that match a valid filter."""

    filters: CertificationFilter

    @classmethod
    def of_days(cls, days: DateRange, **values: str) -> Scope:
        """The scope of these days, with further filters as parameters of the query string."""
        return cls(CertificationFilter(QueryDict(days_query(days, **values))))

    @property
    def days(self) -> DateRange:
        return self.filters.days

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values of the filters that are set."""
        return self.filters.values

    @property
    def run_ranges(self) -> list[tuple[int, int]]:
        """The ranges of runs as (first, last); empty for all runs."""
        return self.filters.run_ranges

    @property
    def has_certification_filters(self) -> bool:
        """Whether a filter is set that applies to certifications only."""
        return bool(self.values.keys() - _FILTERS_OF_DATASETS)

    @property
    def first(self) -> date | None:
        return self.days.first

    @property
    def last(self) -> date | None:
        return self.days.last

    @property
    def week(self) -> str:
        """The ISO week, such as 2018-W17; empty for any other range."""
        return self.days.week

    @property
    def title(self) -> str:
        """Title of the page for these days."""
        if self.week:
            return f"Week {int(self.week[-2:])} of {self.week[:4]}"
        if self.first == self.last:
            return f"{self.first}" if self.first else "All days"
        return f"{self.first or 'The beginning'} to {self.last or 'now'}"

    def rows(self) -> QuerySet[TrackerCertification]:
        """The live certifications with the names that tables show; newest day first."""
        rows: QuerySet[TrackerCertification] = self.filters.qs.with_names()
        return rows

    def withdrawn(self) -> QuerySet[TrackerCertification]:
        """The withdrawn certifications, last withdrawn first."""
        withdrawn = TrackerCertification.objects.filter(state=CertificationState.WITHDRAWN)
        rows: QuerySet[TrackerCertification] = self.narrowed(withdrawn).with_names()  # type: ignore[attr-defined]
        return rows.select_related("withdrawn_by").order_by("-withdrawn_at", "-pk")

    def report_rows(self) -> list[ReportRow]:
        """The same certifications as `rows`, as report rows: one query."""
        return report_rows(self.filters.qs)

    def flag_changes(self) -> list[FlagChange]:
        """The runs with opposite verdicts in express and prompt, at least one of which is in the scope.

        The other one may be from an earlier day. Certifications of later days are ignored.
        """
        both = (Reconstruction.EXPRESS, Reconstruction.PROMPT)
        live = TrackerCertification.objects.live().filter(runreconstruction__reconstruction__in=both).order_by()
        if self.last:
            live = live.filter(date__lte=self.last)
        pairs = live.filter(runreconstruction__run_id__in=self.narrowed(live).values("runreconstruction__run_id"))
        # `flag_changes` decides which differences count; this only avoids loading pairs with equal verdicts.
        other = live.filter(runreconstruction__run_id=OuterRef("runreconstruction__run_id"))
        return flag_changes(report_rows(pairs.filter(Exists(other.exclude(verdict_word=OuterRef("verdict_word"))))))

    def narrowed(self, rows: QuerySet[TrackerCertification]) -> QuerySet[TrackerCertification]:
        """The rows that match the filters, in any state."""
        return self.filters.narrowed(rows)

    def filtered(self, rows: QuerySet[TrackerCertification]) -> QuerySet[TrackerCertification]:
        """The rows that match the filters, on any day and in any state."""
        return self.filters.narrowed(rows, without=DAY_NAMES)

    def runs_like(self, numbers: Collection[int]) -> set[int]:
        """The runs with the B field, energy and beam of the filters, by the facts of OMS: at most one query."""
        condition = Q()
        for name in ("b_field", "energy"):
            number_filter = self.filters.filters[name]
            if name in self.values and isinstance(number_filter, NumberFilter):
                condition &= number_filter.condition(self.values[name], name)
        if beam := self.values.get("beam"):
            names = ("fill_type_runtime", "fill__fill_type_party1")
            condition &= contains_ignoring_case(names, beam)
        if not condition:
            return set(numbers)
        return set(OmsRun.objects.filter(condition, pk__in=numbers).values_list("pk", flat=True))

    @cached_property
    def query(self) -> str:
        """The query string of the page, which every link of a part contains."""
        return self.filters.as_query()

    def without_filters(self, *names: str) -> Scope:
        """The same days without these filters, or without any filter if no name is given."""
        removed = names or [name for name in self.filters.filters if name not in DAY_NAMES]
        return Scope(CertificationFilter(QueryDict(self.filters.as_query(without=removed))))

    def of_other_days(self, days: DateRange) -> str:
        """The query string with the same filters on other days."""
        return self.filters.as_query(without=DAY_NAMES, first=days.query())

    def moved(self, direction: int) -> str:
        """The query string of the adjacent range, before (-1) or after (1); empty if there is none."""
        days = self.days.moved(direction)
        return self.of_other_days(days) if days else ""

    def rows_url(self, **more: Any) -> str:
        """URL of the certifications of a number in the list. `more`: additional filters by name."""
        query = self.filters.as_query(state=CertificationState.LIVE.value, **more)
        return f"{reverse('listruns:list')}?{query}"
