"""Queries of the list and its exports, with only the columns that they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet

from certify.models import TrackerCertification
from certify.models.lumisections_out import OUT_COLUMNS

if TYPE_CHECKING:
    from certify.models.certification_queries import CertificationQuerySet
    from users.models import User

Rows = QuerySet[TrackerCertification]
_RECONSTRUCTIONS = ("runreconstruction", "reference_runreconstruction")
_LIST_COLUMNS = [
    *("state", "verdict_word", "stale_since", "is_practice", "trackermap", "date", "comment"),
    *OUT_COLUMNS,
    *(f"{which}__{name}" for which in _RECONSTRUCTIONS for name in ("run_id", "reconstruction")),
    *("created_at", "like_express"),
    *(f"user__{name}" for name in ("username", "first_name", "last_name")),
]


def all_rows() -> CertificationQuerySet:
    """Return every certification that is not practice."""
    return TrackerCertification.objects.all()


def rows_visible_to(person: User) -> CertificationQuerySet:
    """Return the certifications that count for this person; in training, only their own practice."""
    if person.in_training:
        return TrackerCertification.everything.filter(is_practice=True, user=person)
    return all_rows()


def practice_for(person: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the practice in these rows that this person may see: their own; for shift leaders all."""
    practice = rows.filter(is_practice=True)
    return practice if person.may_change_others else practice.filter(user_id=person.pk)


def rows_for_list(rows: Rows) -> Rows:
    """Return the rows with the columns of the list, 25 of 90. History rows have other columns."""
    whole = rows.select_related(*_RECONSTRUCTIONS, "user")
    return whole.only(*_LIST_COLUMNS) if rows.model is TrackerCertification else whole.defer("facts", "confirmed")


def verdict_totals(rows: QuerySet[Any]) -> dict[str, int]:
    """Return the number of rows by verdict. For all live ones, the database reads an index only."""
    counted = rows.order_by().values_list("verdict_word").annotate(number=Count("*"))
    return dict(counted)
