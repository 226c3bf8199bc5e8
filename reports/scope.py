"""What the week is about: the one filter of certifications over some days, and what reports ask of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse

from certify.filters.date_range import FIRST_DAY, LAST_DAY, DateRange, this_week
from certify.filters.fields import NumberFilter, any_of
from certify.filters.filterset import CertificationFilter, CertificationFilterForm, days_query
from certify.filters.names import DAY_NAMES, RUN_NAMES, current_names, has_days, has_runs
from certify.models import TrackerCertification
from certify.models.choices import CertificationState, Reconstruction
from oms.models import OmsRun
from reports.rows import ReportRow, report_rows
from reports.statistics import FlagChange, flag_changes

# Filters that a dataset of Run Registry passes or not by itself; all others need a certification.
_FILTERS_OF_DATASETS = {*DAY_NAMES, *RUN_NAMES, "reconstruction", "run_type", "dataset"}


class CalendarForm(CertificationFilterForm):
    """The filters of pages that count through the days, which therefore lie within a century."""

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

    practice = None  # reports are of what counts

    def __init__(self, asked: QueryDict) -> None:
        query = current_names(asked)
        if not has_days(query) and not has_runs(query):
            query.update(this_week().query())
        super().__init__(query)


@dataclass(frozen=True)
class Scope:
    """Which certifications the week is about: those that valid filters leave."""

    filters: CertificationFilter

    @classmethod
    def of_days(cls, days: DateRange, **values: str) -> Scope:
        """These days, with these filters by their names in the address."""
        return cls(CertificationFilter(QueryDict(days_query(days, **values))))

    @property
    def days(self) -> DateRange:
        return self.filters.days

    @property
    def values(self) -> dict[str, Any]:
        """The filters that are set, cleaned."""
        return self.filters.values

    @property
    def run_ranges(self) -> list[tuple[int, int]]:
        """The runs that are asked for as (first, last); empty for all."""
        return self.filters.run_ranges

    @property
    def has_certification_filters(self) -> bool:
        """Whether a filter is set that only a certification can pass: then nothing can be missing here."""
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
        """What the page is about, in a few words."""
        if self.week:
            return f"Week {int(self.week[-2:])} of {self.week[:4]}"
        if self.first == self.last:
            return f"{self.first}" if self.first else "All days"
        return f"{self.first or 'The beginning'} to {self.last or 'now'}"

    def rows(self) -> QuerySet[TrackerCertification]:
        """The certifications (the live ones unless a state is asked for), with what a table shows; newest day first."""
        return self.filters.qs.with_names()

    def withdrawn(self) -> QuerySet[TrackerCertification]:
        """The withdrawn ones, last withdrawn first."""
        gone = TrackerCertification.objects.filter(state=CertificationState.WITHDRAWN)
        return self.narrowed(gone).with_names().select_related("withdrawn_by").order_by("-withdrawn_at", "-pk")  # type: ignore[attr-defined]

    def report_rows(self) -> list[ReportRow]:
        """The same certifications as `rows`, as reports have them: one query."""
        return report_rows(self.filters.qs)

    def flag_changes(self) -> list[FlagChange]:
        """The runs of which express and prompt came to opposite verdicts, where at least one of both is here.

        The other one may be of before. What was certified after these days changes nothing here.
        """
        both = (Reconstruction.EXPRESS, Reconstruction.PROMPT)
        live = TrackerCertification.objects.live().filter(runreconstruction__reconstruction__in=both).order_by()
        if self.last:
            live = live.filter(date__lte=self.last)
        pairs = live.filter(runreconstruction__run_id__in=self.narrowed(live).values("runreconstruction__run_id"))
        # Which difference is a change, the numbers say; here only what cannot be one is left in the database.
        other = live.filter(runreconstruction__run_id=OuterRef("runreconstruction__run_id"))
        return flag_changes(report_rows(pairs.filter(Exists(other.exclude(verdict_word=OuterRef("verdict_word"))))))

    def narrowed(self, rows: QuerySet[TrackerCertification]) -> QuerySet[TrackerCertification]:
        """Those of the rows, of any state, that the filters leave."""
        return self.filters.narrowed(rows, without=["state"])

    def filtered(self, rows: QuerySet[TrackerCertification]) -> QuerySet[TrackerCertification]:
        """Those that the filters leave, of any day."""
        return self.filters.narrowed(rows, without=["state", *DAY_NAMES])

    def runs_like(self, numbers: Collection[int]) -> set[int]:
        """Those of these runs with the B field, energy and beam that are asked for, as OMS says: a query at most."""
        asked = Q()
        for name in ("b_field", "energy"):
            one = self.filters.filters[name]
            if name in self.values and isinstance(one, NumberFilter):
                asked &= one.condition(self.values[name], name)
        if beam := self.values.get("beam"):
            names = ("fill_type_runtime", "fill__fill_type_party1")
            asked &= any_of(Q(**{f"{name}__icontains": beam}) for name in names)
        if not asked:
            return set(numbers)
        return set(OmsRun.objects.filter(asked, pk__in=numbers).values_list("pk", flat=True))

    @cached_property
    def query(self) -> str:
        """The state of the page as the address says it; every link of a part carries it."""
        return self.filters.as_query()

    def without_filters(self, *names: str) -> Scope:
        """The same days without these filters; without any where none is named."""
        left = names or [name for name in self.filters.filters if name not in DAY_NAMES]
        return Scope(CertificationFilter(QueryDict(self.filters.as_query(without=left))))

    def of_other_days(self, days: DateRange) -> str:
        """The query with the same filters on other days."""
        return self.filters.as_query(without=DAY_NAMES, first=days.query())

    def moved(self, direction: int) -> str:
        """The query of as many days before (-1) or after (1); empty where there are none."""
        days = self.days.moved(direction)
        return self.of_other_days(days) if days else ""

    def rows_url(self, **more: Any) -> str:
        """Where the rows of a number stand in the list; `more` narrows further, by names of filters."""
        said: dict[str, Any] = more if "state" in self.values else {"state": CertificationState.LIVE.value, **more}
        return f"{reverse('listruns:list')}?{self.filters.as_query(**said)}"
