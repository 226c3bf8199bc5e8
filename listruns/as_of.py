"""Certifications as they were at a moment: read from history, shown by the same filters, table and exports.

What a certification points to (run, people, reference, words) goes by its name of now.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest
from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.query import ModelIterable

from audit.models import AppendOnlyHistoryQuerySet
from certify.models import TrackerCertification
from certify.models.choices import CertificationState
from certify.models.components import PROBLEM_FIELDS
from certify.models.verdict import verdict_in_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from users.models import User

AS_OF = "as_of"
_COLUMNS = [field.attname for field in TrackerCertification._meta.concrete_fields]
# Not kept in history, since it follows from what is stored now.
_NOT_IN_HISTORY: dict[str, Any] = {"stale": []}


def requested_moment(request: HttpRequest) -> datetime | None:
    """The moment that the address asks for, in UTC unless it says otherwise. Raises `BadRequest` with a sentence."""
    asked = request.GET.get(AS_OF, "").strip()
    if not asked:
        return None
    try:
        moment = datetime.fromisoformat(asked.replace(" ", "+") if "T" in asked else asked)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest("as_of cannot be read. Give a time such as 2026-05-01T12:00Z.") from None


class _HistoricalIterable(ModelIterable):  # type: ignore[type-arg]
    """Yields each row of history as the certification that it was.

    `_iterable_class` is Django's hook for the objects that a queryset yields: private, but the only one that
    pagination, slicing and exports pass through, so that historical certifications need no code of their own there.
    """

    def __iter__(self) -> Iterator[Any]:
        words = {field: _terms_by_key(field) for field in PROBLEM_FIELDS}
        for row in super().__iter__():
            yield _from_history(row, words)


class HistoricalCertificationQuerySet(AppendOnlyHistoryQuerySet):
    """Rows of history that read, filter and sort as certifications do."""

    def live(self) -> HistoricalCertificationQuerySet:
        return self.filter(state=CertificationState.LIVE)

    def keys_with_problems(self, field: str, problems: set[int]) -> list[int]:
        """The keys of those that had one of these problems: one query."""
        return [key for key, many in self.values_list("pk", "many") if problems & set(many.get(field, []))]

    def prefetch_related(self, *_lookups: Any) -> HistoricalCertificationQuerySet:
        """The problems come with each row."""
        return self


def certifications_as_of(moment: datetime) -> HistoricalCertificationQuerySet:
    """Every certification there was, practice too, each by what was said of it last."""
    model = TrackerCertification.history.model
    later = model.objects.filter(id=OuterRef("id"), history_date__lte=moment, history_id__gt=OuterRef("history_id"))
    rows = (
        HistoricalCertificationQuerySet(model)
        .filter(~Exists(later), history_date__lte=moment)
        .exclude(history_type="-")
    )
    nothing = Value(None, output_field=DateTimeField())
    said: Any = rows.annotate(verdict_word=verdict_in_sql(), stale_since=nothing)
    said._iterable_class = _HistoricalIterable
    return said


def certification_as_of(pk: int, moment: datetime, reader: User) -> QuerySet[Any]:
    """One certification as it was, with what its page shows; none where it was not made yet or is not theirs."""
    named = ("runreconstruction__run", "user", "dataset", "reference_runreconstruction", "bad_reason")
    rows = certifications_as_of(moment).filter(id=pk)
    seen = rows if reader.may_change_others else rows.filter(Q(is_practice=False) | Q(user_id=reader.pk))
    return seen.select_related(*named, "withdrawn_by", "updated_by")


def _terms_by_key(field: str) -> dict[int, Any]:
    """The words of one many-to-many field by key."""
    model: Any = TrackerCertification._meta.get_field(field).related_model
    return {word.pk: word for word in model.objects.all()}


def _from_history(row: Any, words: dict[str, dict[int, Any]]) -> TrackerCertification:
    values = _NOT_IN_HISTORY | {name: row.__dict__[name] for name in _COLUMNS if name in row.__dict__}
    names = [name for name in _COLUMNS if name in values]
    made = TrackerCertification.from_db(row._state.db, names, [values[name] for name in names])
    made._state.fields_cache = dict(row._state.fields_cache)
    made._prefetched_objects_cache = {  # type: ignore[attr-defined]
        field: [words[field][key] for key in row.many.get(field, []) if key in words[field]] for field in PROBLEM_FIELDS
    }
    return made
