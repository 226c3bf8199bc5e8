"""Text search that ignores case in every alphabet, with the same result on SQLite and on PostgreSQL.

By itself, SQLite compares only ASCII letters without case, and PostgreSQL as the locale of the database says. Both are
given the upper-case text of Unicode here: SQLite by a function of ours, PostgreSQL by ICU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Func, Q, TextField
from django.db.models.fields.json import KT
from django.db.models.lookups import Contains

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper

_SQLITE_FUNCTION = "UNICODE_UPPER"


class UnicodeUpper(Func):
    """The text in upper case by the rules of Unicode."""

    function = _SQLITE_FUNCTION
    arity = 1
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='UPPER(%(expressions)s COLLATE "und-x-icu")', **context)


def contains_ignoring_case(columns: Iterable[str], text: str, *, of_json: Iterable[str] = ()) -> Q:
    """Return the condition that one of the columns, or of the keys `of_json` of JSON columns, contains the text."""
    expressions = [*map(UnicodeUpper, columns), *(UnicodeUpper(KT(path)) for path in of_json)]
    condition = Q(pk__in=[])
    for expression in expressions:
        condition |= Q(Contains(expression, text.upper()))
    return condition


def add_sqlite_function(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Define the function in a new connection to SQLite; receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(_SQLITE_FUNCTION, 1, _upper, deterministic=True)


def _upper(value: object) -> str | None:
    return None if value is None else str(value).upper()
