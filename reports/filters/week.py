"""What the week is about: the filters of the address, and the certifications that they leave to every part alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from certify.filters.date_range import DateRange
from certify.models import TrackerCertification
from certify.models.choices import CertificationState, Component, Reconstruction
from certify.rules.run_numbers import format_ranges
from certify.vocabulary.cache import with_descendants
from oms.models import OmsRun
from reports.rows import ReportRow, report_rows
from reports.statistics import FlagChange, flag_changes
from users.models import User

FilterValues = Mapping[str, Any]
# A field of 3.8 T is what reads as 3.8 T.
_B_FIELD_WITHIN, _ENERGY_WITHIN = 0.05, 0.5
# Filters of the week that the list has too, under the same names.
_OF_THE_LIST = {"reconstruction", "run_type", "verdict", "dataset", "trackermap"}


@dataclass(frozen=True)
class Scope:
    """Which certifications the week is about. `values`: the filters that are set, cleaned; `days`: of which days."""

    days: DateRange
    values: FilterValues

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
        """The live certifications, with what a table shows of them; newest day first."""
        return self.narrowed(TrackerCertification.objects.live()).with_names()  # type: ignore[attr-defined]

    def withdrawn(self) -> QuerySet[TrackerCertification]:
        """The withdrawn ones, last withdrawn first."""
        gone = TrackerCertification.objects.filter(state=CertificationState.WITHDRAWN)
        return self.narrowed(gone).with_names().select_related("withdrawn_by").order_by("-withdrawn_at", "-pk")  # type: ignore[attr-defined]

    def report_rows(self) -> list[ReportRow]:
        """The live certifications as reports have them: one query."""
        return report_rows(self.narrowed(TrackerCertification.objects.live()))

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
        """Those of the rows that the filters leave."""
        return self.filtered(rows).filter(self._of_days())

    def filtered(self, rows: QuerySet[TrackerCertification]) -> QuerySet[TrackerCertification]:
        """Those that the filters leave, of any day."""
        return rows.filter(self._of_people_and_runs() & self._of_facts() & self._of_verdict())

    def runs_like(self, numbers: Collection[int]) -> set[int]:
        """Those of these runs with the B field, energy and beam that are asked for, as OMS says: a query at most."""
        asked = Q()
        for name, within in (("b_field", _B_FIELD_WITHIN), ("energy", _ENERGY_WITHIN)):
            if (value := self.values.get(name)) is not None:
                asked &= Q(**{f"{name}__gte": value - within, f"{name}__lte": value + within})
        if beam := self.values.get("beam"):
            asked &= Q(fill_type_runtime__icontains=beam) | Q(fill__fill_type_party1__icontains=beam)
        if not asked:
            return set(numbers)
        return set(OmsRun.objects.filter(asked, pk__in=numbers).values_list("pk", flat=True))

    def _of_days(self) -> Q:
        asked = Q()
        if self.first:
            asked &= Q(date__gte=self.first)
        if self.last:
            asked &= Q(date__lte=self.last)
        return asked

    def _of_people_and_runs(self) -> Q:
        asked = Q()
        if people := self.values.get("user"):
            asked &= Q(user__in=[person.pk for person in people])
        if spans := self.values.get("runs"):
            asked &= _any(
                Q(runreconstruction__run_id__gte=first, runreconstruction__run_id__lte=last) for first, last in spans
            )
        return asked

    def _of_facts(self) -> Q:
        """By the facts that were frozen with each certification, as all reports."""
        asked = Q()
        if (field := self.values.get("b_field")) is not None:
            asked &= _near("b_field", field, _B_FIELD_WITHIN)
        if (energy := self.values.get("energy")) is not None:
            asked &= _near("energy", energy, _ENERGY_WITHIN)
        if beam := self.values.get("beam"):
            names = ("fill_type_runtime", "fill_type_party1")
            asked &= _any(Q(**{f"facts__run__{name}__icontains": beam}) for name in names)
        return asked

    def _of_verdict(self) -> Q:
        columns = {"run_type": "run_type", "reconstruction": "runreconstruction__reconstruction"}
        columns |= {"verdict": "verdict_word", "trackermap": "trackermap"}
        asked = Q(**{f"{column}__in": self.values[name] for name, column in columns.items() if self.values.get(name)})
        if dataset := self.values.get("dataset"):
            asked &= Q(dataset__name__icontains=dataset)
        if problems := self.values.get("problem"):
            asked &= _any(Q(pk__in=_having(component, keys)) for component, keys in problems.items())
        return asked

    @property
    def query(self) -> str:
        """The state of the page as the address says it; every link of a part carries it."""
        return urlencode(self.as_sent(), doseq=True)

    def without_filters(self, *names: str) -> Scope:
        """The same days without these filters; without any where none is named."""
        return Scope(self.days, {name: value for name, value in self.values.items() if names and name not in names})

    def without(self, name: str) -> str:
        """The query without one filter."""
        return urlencode({key: value for key, value in self.as_sent().items() if key != name}, doseq=True)

    def as_sent(self) -> dict[str, Any]:
        """Name and value(s) of what is set, as the address says it."""
        sent: dict[str, Any] = dict(self.days.query())
        for name, value in self.values.items():
            if value not in (None, "", [], {}):
                sent[name] = _SENT[name](value) if name in _SENT else value
        return sent

    def moved(self, direction: int) -> str:
        """The query of as many days before (-1) or after (1); empty where there are none."""
        days = self.days.moved(direction)
        return Scope(days, self.values).query if days else ""

    def rows_url(self, **more: Any) -> str:
        """Where the rows of a number stand: in the list where it can say the same, else among those of the week.

        `more` narrows further by names of the list; empty where neither can say it.
        """
        mine, more = self._for_the_list(), {name: value for name, value in more.items() if value}
        if mine is not None:
            return f"{reverse('listruns:list')}?{urlencode({'state': 'live', **mine, **more}, doseq=True)}"
        if "date_min" in more or "date_max" in more:
            more |= {"from": more.pop("date_min", ""), "to": more.pop("date_max", "")}
        if more.keys() - {"from", "to", *_OF_THE_LIST, "user", "runs"}:
            return ""
        kept = {name: value for name, value in self.as_sent().items() if "from" not in more or name != "week"}
        part = reverse("shiftleader:part", args=["certifications"])
        return f"{part}?{urlencode({**kept, **more}, doseq=True)}"

    def _for_the_list(self) -> dict[str, Any] | None:
        """The same as filters of the list; None where it cannot say it."""
        said = {name: value for name, value in self.as_sent().items() if name not in ("week", "from", "to")}
        people, spans, problems = said.pop("user", []), self.values.get("runs") or [], self.values.get("problem") or {}
        said.pop("runs", None)
        said.pop("problem", None)
        if said.keys() - _OF_THE_LIST or len(people) > 1 or len(spans) > 1 or len(problems) > 1:
            return None
        ends = {"date_min": self.first, "date_max": self.last}
        said |= {name: day.isoformat() for name, day in ends.items() if day}
        said |= {"user": people} if people else {}
        said |= {"runs_min": spans[0][0], "runs_max": spans[0][1]} if spans else {}
        return said | {f"{component}_problems": keys for component, keys in problems.items()}


def _any(conditions: Any) -> Q:
    """Any of these; nothing at all where there are none."""
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _near(name: str, value: float, within: float) -> Q:
    return Q(**{f"facts__run__{name}__gte": value - within, f"facts__run__{name}__lte": value + within})


def _having(component: str, keys: list[int]) -> Any:
    field = f"{Component(component)}_problems"
    having = TrackerCertification.objects.filter(**{f"{field}__in": with_descendants(field, keys)})
    return having.order_by().values("pk")


def _people(people: list[User]) -> list[str]:
    return [person.username for person in people]


def _problems(problems: dict[str, list[int]]) -> list[str]:
    return [f"{component}-{key}" for component, keys in problems.items() for key in keys]


_SENT: dict[str, Callable[[Any], Any]] = {"user": _people, "problem": _problems, "runs": format_ranges}
