"""Rows of the list, each with just what a line or an export shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet

from certify.models import TrackerCertification
from certify.models.components import FLAG_COLUMNS, PROBLEM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certify.models.certification import CertificationQuerySet
    from users.models import User

Rows = QuerySet[TrackerCertification]
_RECONSTRUCTIONS = ("runreconstruction", "reference_runreconstruction")
CHUNK = 500
_LIST_COLUMNS = [
    *("state", "run_type", "verdict_word", "stale_since", "is_practice", "trackermap", "date", "comment"),
    *FLAG_COLUMNS,
    *(f"{which}__{name}" for which in _RECONSTRUCTIONS for name in ("run_id", "reconstruction")),
    *(f"user__{name}" for name in ("username", "first_name", "last_name")),
]


def all_rows() -> CertificationQuerySet:
    """Every certification that counts; filters narrow it."""
    return TrackerCertification.objects.all()


def rows_visible_to(person: User) -> CertificationQuerySet:
    """What is theirs to see as certified: all that counts; in training, their own practice and nothing else."""
    if person.in_training:
        return TrackerCertification.everything.filter(is_practice=True, user=person)
    return all_rows()


def practice_for(person: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The practice among these rows that this person may look at: their own, shift leaders everybody's."""
    practice = rows.filter(is_practice=True)
    return practice if person.may_change_others else practice.filter(user_id=person.pk)


def rows_for_list(rows: Rows) -> Rows:
    """The rows with what one line shows, of ninety columns twenty-five; those of a moment have other columns."""
    whole = rows.select_related(*_RECONSTRUCTIONS, "user")
    return whole.only(*_LIST_COLUMNS) if rows.model is TrackerCertification else whole.defer("facts", "confirmed")


def verdict_totals(rows: QuerySet[Any]) -> dict[str, int]:
    """How many of the rows have each verdict; of all live ones, an index alone knows."""
    counted = rows.order_by().values_list("verdict_word").annotate(number=Count("*"))
    return dict(counted)


def rows_for_export(rows: Rows) -> Iterator[TrackerCertification]:
    """The rows in their order with all that an export says: the keys at once, of the rows 500 at a time.

    The database sends all that a query finds, so each chunk is a query.
    """
    full = _with_export_relations(rows)
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        yield from full.filter(pk__in=keys[start : start + CHUNK])


def _with_export_relations(rows: Rows) -> Rows:
    full = rows.select_related(
        "runreconstruction__run",
        "user",
        "dataset",
        "reference_runreconstruction",
        "bad_reason",
        "withdrawn_by",
        "updated_by",
    ).defer("facts", "runreconstruction__run__reported", "runreconstruction__run__typed")
    return full.prefetch_related(*PROBLEM_FIELDS)
