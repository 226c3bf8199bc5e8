"""Locks rows and reads them with their related rows in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    from collections.abc import Callable

M = TypeVar("M", bound=Model)


def lock_row(read: Callable[[], M | None]) -> M | None:
    """The row that `read` locks and joins with related rows; None where there is none. Needs a transaction.

    After waiting for a lock PostgreSQL returns the joined rows as they were before: where another transaction has
    changed a foreign key of the row meanwhile, the related row is missing, or the whole row. By then the row is locked,
    and it is read once more.
    """
    row = read()
    return read() if row is None or _has_unread_relation(row) else row


def lock_one(rows: QuerySet[M]) -> M:
    """The single row of a queryset with `select_for_update`. Raises `DoesNotExist`."""
    return lock_row(rows.all().first) or rows.get()


def _has_unread_relation(row: Model) -> bool:
    """Whether a related row that the row refers to was not read with it."""
    missing = (name for name, related in row._state.fields_cache.items() if related is None)
    return any(getattr(row, f"{name}_id", None) is not None for name in missing)
