"""Queries of every page that are compiled to SQL once.

Django builds the SQL of a query each time that it is executed. Here it is built once for each kind of database, and
only the parameters change. Without it the help page and the certify form take 25 % more CPU time, a save 22 %.
This is the only module that uses Django's SQL compiler, which is private API: `get_compiler`, `get_converters`,
`klass_info` and `get_related_populators`. tests/infrastructure/database compares it with Django's own queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models.query import get_related_populators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import Model, QuerySet
    from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")
Parameter = int | str | date  # or a datetime, which is a date
# Numbers that fit into a column and that no query contains as a constant.
PLACEHOLDER, SECOND_PLACEHOLDER = 2_147_483_001, 2_147_483_002
PLACEHOLDER_TIME = datetime(9999, 12, 30, 23, 59, 58, tzinfo=UTC)
PLACEHOLDER_DAY = PLACEHOLDER_TIME.date()
# The largest integer that a column can hold and SQLite accepts; the parameters may come from a URL.
MAX_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class _CompiledSql:
    """A compiled query: SQL, parameters with the placeholders, the compiler with its columns, converters by column."""

    text: str
    parameters: tuple[Any, ...]
    compiler: SQLCompiler
    converters: dict[int, Any]


class PrecompiledQuery(Generic[Row]):
    """A query with whole numbers, texts, days or aware times as parameters.

    `build` makes its queryset of as many parameters as there are `placeholders`: values that occur nowhere else in
    the query and show where each parameter goes.
    Rows are model instances with their `select_related`, or tuples where the
    queryset names values; no prefetching, annotations or deferred columns.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *placeholders: Parameter) -> None:
        self._build, self._placeholders = build, placeholders
        self._sql_by_vendor: dict[str, _CompiledSql] = {}

    def first(self, *parameters: Parameter) -> Row | None:
        """The first of the rows, if any."""
        return next(iter(self.rows(*parameters)), None)

    def rows(self, *parameters: Parameter) -> list[Row]:
        """The rows for these parameters: one query."""
        sql = self._sql_by_vendor.get(connection.vendor) or self._sql_by_vendor.setdefault(
            connection.vendor, self._compile()
        )
        placeholders, values = map(_adapted, self._placeholders), map(_adapted, parameters)
        values_by_placeholder = dict(zip(placeholders, values, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(sql.text, [values_by_placeholder.get(value, value) for value in sql.parameters])
            rows = cursor.fetchall()
        converted = (_convert_row(row, sql.converters) for row in rows)
        whole = sql.compiler.query.default_cols
        return list(cast("Iterator[Row]", _model_instances(sql.compiler, converted) if whole else converted))

    def _compile(self) -> _CompiledSql:
        compiler = self._build(*self._placeholders).query.get_compiler(DEFAULT_DB_ALIAS)
        text, parameters = compiler.as_sql()
        return _CompiledSql(
            text, tuple(parameters), compiler, compiler.get_converters([column[0] for column in compiler.select])
        )


def _adapted(parameter: Parameter) -> Any:
    """The parameter as Django passes it to the database.

    A number out of range becomes the nearest in range, which compares with every column alike.
    """
    if isinstance(parameter, int):
        return max(-MAX_INTEGER, min(parameter, MAX_INTEGER))
    if isinstance(parameter, datetime):
        return connection.ops.adapt_datetimefield_value(parameter)
    return connection.ops.adapt_datefield_value(parameter) if isinstance(parameter, date) else parameter


def _convert_row(row: tuple[Any, ...], converters: dict[int, Any]) -> tuple[Any, ...]:
    """The row with the values converted from the database's types to Python's."""
    values = list(row)
    for position, (converts, expression) in converters.items():
        for convert in converts:
            values[position] = convert(values[position], expression, connection)
    return tuple(values)


def _model_instances(compiler: SQLCompiler, rows: Iterator[tuple[Any, ...]]) -> Iterator[Model]:
    """Model instances of the rows, created as `ModelIterable` does."""
    info, select = compiler.klass_info, compiler.select
    first, after = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[first:after]]
    populators = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
    for row in rows:
        instance = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[first:after])
        for populator in populators:
            populator.populate(row, instance)
        yield instance
