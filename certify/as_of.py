"""Certifications as of a given time: history rows, with the same filters as current ones.

Related rows (run, users, reference, vocabulary terms) have their current names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.query import ModelIterable

from audit.models import AppendOnlyHistoryQuerySet
from certify.models import TrackerCertification
from certify.models.choices import CertificationState
from certify.models.components import PROBLEM_FIELDS
from certify.models.verdict import verdict_in_sql
from oms.lumisections.models import LumisectionReading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from users.models import User

_COLUMNS = [field.attname for field in TrackerCertification._meta.concrete_fields]
# Not in the history: derived from other stored values.
_NOT_IN_HISTORY: dict[str, Any] = {"stale": []}


class _HistoricalIterable(ModelIterable):  # type: ignore[type-arg]
    """Yields each history row as an instance of `TrackerCertification`.

    `_iterable_class` is the hook of Django for the objects that a queryset yields. It is private, but it is the only
    one that pagination, slicing and exports use, so that they need no separate code for history rows.
    """

    def __iter__(self) -> Iterator[Any]:
        terms = {field: _terms_by_key(field) for field in PROBLEM_FIELDS}
        for row in super().__iter__():
            yield _from_history(row, terms)


class HistoricalCertificationQuerySet(AppendOnlyHistoryQuerySet):
    """QuerySet of history rows with the methods of the QuerySet of certifications."""

    def live(self) -> HistoricalCertificationQuerySet:
        return self.filter(state=CertificationState.LIVE)

    def incomplete(self) -> HistoricalCertificationQuerySet:
        return self.filter(Q(external_info_complete=False) | Q(lumisections_seen=False, lumisections_read=False))

    def keys_with_problems(self, field: str, problems: set[int]) -> list[int]:
        """Return the primary keys of the rows that had one of these problems: one query."""
        return [key for key, many in self.values_list("pk", "many") if problems & set(many.get(field, []))]

    def problem_names(self, field: str) -> dict[int, list[str]]:
        """Return the names of the problems in this field by key of the row: two queries."""
        terms = _terms_by_key(field)
        keys_of_rows = self.values_list("pk", "many")
        return {pk: [terms[key].name for key in many.get(field, []) if key in terms] for pk, many in keys_of_rows}

    def prefetch_related(self, *_lookups: Any) -> HistoricalCertificationQuerySet:
        """Do nothing: history rows include the keys of their problems."""
        return self


def history_rows_as_of(moment: datetime) -> HistoricalCertificationQuerySet:
    """Return the history row of every certification that existed at `moment`, practice too: its latest until then."""
    model = TrackerCertification.history.model
    later = model.objects.filter(id=OuterRef("id"), history_date__lte=moment, history_id__gt=OuterRef("history_id"))
    rows = HistoricalCertificationQuerySet(model).filter(~Exists(later), history_date__lte=moment)
    return rows.exclude(history_type="-")


def certifications_as_of(moment: datetime) -> HistoricalCertificationQuerySet:
    """Return every certification that existed at `moment`, practice too, as the certification that it was then."""
    return _as_certifications(history_rows_as_of(moment), moment)


def versions_of(pk: int) -> HistoricalCertificationQuerySet:
    """Return all versions of a certification, oldest first, practice too, each as the certification that it was."""
    rows = HistoricalCertificationQuerySet(TrackerCertification.history.model).filter(id=pk)
    return _as_certifications(rows.exclude(history_type="-").order_by("history_id"), OuterRef("history_date"))


def _as_certifications(
    rows: HistoricalCertificationQuerySet, moment: datetime | OuterRef
) -> HistoricalCertificationQuerySet:
    nothing = Value(None, output_field=DateTimeField())
    # A reading marks a certification as seen without a version of its own.
    read = LumisectionReading.objects.filter(run_number=OuterRef("runreconstruction__run_id"), read_at__lte=moment)
    annotated: Any = rows.annotate(verdict_word=verdict_in_sql(), stale_since=nothing, lumisections_read=Exists(read))
    annotated._iterable_class = _HistoricalIterable
    return annotated


def certification_as_of(pk: int, moment: datetime, reader: User) -> QuerySet[Any]:
    """Return a queryset of the certification at `moment`, empty if it did not exist or `reader` may not see it."""
    related = ("runreconstruction__run", "user", "dataset", "reference_runreconstruction", "bad_reason")
    rows = certifications_as_of(moment).filter(id=pk)
    visible = rows if reader.may_change_others else rows.filter(Q(is_practice=False) | Q(user_id=reader.pk))
    return visible.select_related(*related, "withdrawn_by", "updated_by")


def _terms_by_key(field: str) -> dict[int, Any]:
    """Return the terms of one many-to-many field by primary key."""
    model: Any = TrackerCertification._meta.get_field(field).related_model
    return {term.pk: term for term in model.objects.all()}


def _from_history(row: Any, terms: dict[str, dict[int, Any]]) -> TrackerCertification:
    values = _NOT_IN_HISTORY | {name: row.__dict__[name] for name in _COLUMNS if name in row.__dict__}
    values["lumisections_seen"] |= row.lumisections_read
    names = [name for name in _COLUMNS if name in values]
    certification = TrackerCertification.from_db(row._state.db, names, [values[name] for name in names])
    certification._state.fields_cache = dict(row._state.fields_cache)
    certification._prefetched_objects_cache = {  # type: ignore[attr-defined]
        field: [terms[field][key] for key in row.many.get(field, []) if key in terms[field]] for field in PROBLEM_FIELDS
    }
    return certification
