"""Filter grammar of Run Registry, including the peculiarities of the real one.

A filter is {column: {operator: value}}. Columns are combined with AND; `and` and `or` take lists, at any level.
An `or` or `and` over an empty list matches everything. A missing value (NULL) matches no comparison.
An `or` over columns of different tables becomes an AND of one `or` per table.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sandbox.registry.errors import RegistryError
from sandbox.registry.rows import Row, flags_of

SqlBoolean = bool | None
RowTest = Callable[[Row], SqlBoolean]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
# {operator: (whether it requires a match, whether it is case-sensitive)}.
_LIKE = {"like": (True, False), "LIKE": (True, False), "notlike": (False, False), "NOTLIKE": (False, True)}
_JSON_PARTS = {
    "dataset_attributes": "Dataset",
    "rr_attributes": "Run",
    "oms_attributes": "Run",
    "triplet_summary": "DatasetTripletCache",
}
_OWN_COLUMNS = {
    "Run": {"run_number": int, "version": int, "deleted": bool},
    "Dataset": {"run_number": int, "name": str, "version": int, "deleted": bool, "datasets_in_gui": list},
}


def column_table(column: str, model: str) -> str:
    """Return the table of a column. Raises `RegistryError` for an unknown column."""
    part, dot, _ = column.partition(".")
    if dot and part in _JSON_PARTS and (model == "Dataset" or part != "dataset_attributes"):
        return _JSON_PARTS[part]
    if column in _OWN_COLUMNS[model]:
        return model
    raise RegistryError(f"column {model}.{column} does not exist")


def column_value(row: Row, column: str) -> Any:
    """Return the value of a column or of a path into a JSON column, or None."""
    part, dot, rest = column.partition(".")
    if not dot:
        return row[column]
    if part == "triplet_summary":
        name, _, status = rest.rpartition(".")
        return flags_of(row).get(name, {}).get(status)
    value: Any = row.get(part) if part in row else row.get("Run", {}).get(part)
    for step in rest.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


@lru_cache(maxsize=512)
def _pattern(text: str, is_case_sensitive: bool) -> re.Pattern[str]:
    """Convert a pattern of SQL's LIKE: % is any text, _ one character, \\ escapes both."""
    pieces = re.findall(r"\\.|.", text, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    regular = "".join(wild[piece] if piece in wild else re.escape(piece[-1]) for piece in pieces)
    return re.compile(regular, re.DOTALL | (0 if is_case_sensitive else re.IGNORECASE))


def _like_test(column: str, symbol: str, value: Any, model: str) -> RowTest:
    is_positive, is_case_sensitive = _LIKE[symbol]
    if _OWN_COLUMNS[model].get(column) is int:
        raise RegistryError("operator does not exist: integer ~~* unknown")
    pattern = _pattern(str(value), is_case_sensitive)

    def test(row: Row) -> SqlBoolean:
        stored = column_value(row, column)
        return None if stored is None else (pattern.fullmatch(_as_text(stored)) is not None) == is_positive

    return test


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _integer(value: Any) -> int:
    """Convert as PostgreSQL does. Raises `RegistryError` with its message."""
    text = ",".join(map(str, value)) if isinstance(value, list) else _as_text(value)
    try:
        return int(text)
    except ValueError:
        raise RegistryError(f'invalid input syntax for type integer: "{text}"') from None


def _as_number(value: Any) -> float:
    try:
        return float(_as_text(value))
    except ValueError:
        raise RegistryError(f'invalid input syntax for type double precision: "{_as_text(value)}"') from None


def _comparison_test(column: str, symbol: str, value: Any, model: str) -> RowTest:
    if value is None:
        return lambda row: (column_value(row, column) is None) == (symbol == "=")
    own = _OWN_COLUMNS[model].get(column)
    if own is int:
        value = _integer(value)
    read: Callable[[Any], Any] = _as_text
    if isinstance(value, bool):
        read = bool
    elif isinstance(value, int | float):
        read = _as_number
    compare = _COMPARISONS[symbol]

    def test(row: Row) -> SqlBoolean:
        stored = column_value(row, column)
        return None if stored is None else compare(read(stored), value)

    return test


def _combined(tests: list[RowTest], connective: str) -> RowTest:
    """Return AND or OR with SQL's three-valued logic; without tests it is true."""
    if not tests:
        return lambda _: True
    decisive = connective == "or"

    def test(row: Row) -> SqlBoolean:
        answers = [row_test(row) for row_test in tests]
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive

    return test


def _require_list(connective: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise RegistryError(f"{connective} needs a list")
    return value


def _column_test(column: str, condition: Any, model: str) -> RowTest:
    """Return the test of one column: a value, a list of values, or {operator: value, ...}."""
    if isinstance(condition, list):
        return _combined([_comparison_test(column, "=", value, model) for value in condition], "or")
    if not isinstance(condition, dict):
        return _comparison_test(column, "=", condition, model)
    return _combined([_operator_test(column, symbol, value, model) for symbol, value in condition.items()], "and")


def _contains_test(column: str, value: Any, model: str) -> RowTest:
    if _OWN_COLUMNS[model].get(column) is not list:
        raise RegistryError("cannot determine type of empty array")
    wanted = set(value if isinstance(value, list) else [value])
    return lambda row: wanted <= set(column_value(row, column))


def _plain_numbers(column: str, parts: list[Any], model: str) -> set[int] | None:
    """Return the numbers of an `or` list with only equalities (thousands of runs are usual), else None."""
    if _OWN_COLUMNS[model].get(column) is not int:
        return None
    values = [part["="] if isinstance(part, dict) and part.keys() == {"="} else part for part in parts]
    return set(values) if all(type(value) is int for value in values) else None


def _operator_test(column: str, symbol: str, value: Any, model: str) -> RowTest:
    if symbol.lower() in ("and", "or"):
        parts = _require_list(symbol, value)
        if symbol.lower() == "or" and (numbers := _plain_numbers(column, parts, model)):
            return lambda row: column_value(row, column) in numbers
        return _combined([_column_test(column, part, model) for part in parts], symbol.lower())
    if symbol == "contains":
        return _contains_test(column, value, model)
    if symbol in _LIKE:
        return _like_test(column, symbol, value, model)
    if symbol not in _COMPARISONS and _OWN_COLUMNS[model].get(column) is int:
        raise RegistryError('invalid input syntax for type integer: "[object Object]"')
    if symbol not in _COMPARISONS:
        raise RegistryError(f"Invalid value {{ '{symbol}': {value!r} }}")
    return _comparison_test(column, symbol, value, model)


def _table_test(filter_object: Any, table: str, model: str) -> RowTest:
    """Return the test of the part of a filter that refers to one table."""
    if not isinstance(filter_object, dict):
        raise RegistryError("Cannot convert undefined or null to object")
    tests: list[RowTest] = []
    for key, value in filter_object.items():
        if key.lower() in ("and", "or"):
            parts = [part for part in _require_list(key, value) if _mentions_table(part, table, model)]
            tests.append(_combined([_table_test(part, table, model) for part in parts], key.lower()))
        elif column_table(key, model) == table:
            tests.append(_column_test(key, value, model))
    return _combined(tests, "and")


def _mentions_table(part: Any, table: str, model: str) -> bool:
    """Return whether a filter refers to the table."""
    if not isinstance(part, dict):
        raise RegistryError("Cannot convert undefined or null to object")
    return any(
        any(_mentions_table(inner, table, model) for inner in _require_list(key, value))
        if key.lower() in ("and", "or")
        else column_table(key, model) == table
        for key, value in part.items()
    )


def compile_filter(filter_object: Any, model: str) -> Callable[[Row], bool]:
    """Return the test of a row; `model` is Run or Dataset. A filter that is no object matches everything.

    The backend overrules `deleted` at the top: hidden rows never match, and are not among those to test.
    """
    if not isinstance(filter_object, dict):
        return lambda _: True
    filter_object = {column: condition for column, condition in filter_object.items() if column != "deleted"}
    tables = {model: 0, "Run": 0, "DatasetTripletCache": 0}
    parts = [_table_test(filter_object, table, model) for table in tables]
    return lambda row: all(part(row) for part in parts)
