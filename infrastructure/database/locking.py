"""Rows that are locked and read with what they point to, in one statement, whoever had them before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def lock_row(read: Callable[[], M | None]) -> M | None:
    """The row that `read` locks and joins with others; None where there is none. In a transaction.

    PostgreSQL takes the joined rows from before it waited: where somebody has let the row point elsewhere meanwhile,
    what it points to is missing, or the row itself. It is locked by then, and read once more.
    """
    row = read()
    return read() if row is None or _has_unread_relation(row) else row


def lock_one(rows: QuerySet[M]) -> M:
    """The one of these rows, which lock what they read. Raises `DoesNotExist`."""
    return lock_row(rows.all().first) or rows.get()


def _has_unread_relation(row: Model) -> bool:
    """Whether the row points to something that was not read with it."""
    missing = (name for name, other in row._state.fields_cache.items() if other is None)
    return any(getattr(row, f"{name}_id", None) is not None for name in missing)
