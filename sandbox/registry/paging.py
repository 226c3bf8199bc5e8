"""Sorting and pagination of the queries for runs and datasets."""

from __future__ import annotations

import json
import math
import zlib
from typing import TYPE_CHECKING, Any

from sandbox.registry.errors import RegistryError
from sandbox.registry.filters import column_table, column_value, compile_filter
from sandbox.registry.rows import Row, flags_of, with_flags

if TYPE_CHECKING:
    from sandbox.registry.state import RegistryState

DEFAULT_PAGE_SIZE = 50
_SORTABLE_OF_OMS = ("oms_attributes.ls_duration", "oms_attributes.b_field")


def _sort_value(row: Row, column: str) -> Any:
    if "-" in column:
        flags = flags_of(row).get(column)
        return None if flags is None else json.dumps(flags, sort_keys=True)
    return column_value(row, column)


def _check(column: str, model: str) -> None:
    if "-" in column:
        return
    column_table(column, model)
    if model == "Dataset" and column.startswith("oms_attributes.") and column not in _SORTABLE_OF_OMS:
        raise RegistryError("Cannot read properties of undefined (reading 'type')")


def _comparable(value: Any) -> tuple[bool, Any]:
    """Sort key that puts numbers before text, for columns with both."""
    return (True, json.dumps(value)) if not isinstance(value, int | float) else (False, value)


def _in_order(rows: list[Row], column: str, *, descending: bool) -> list[Row]:
    """Sort as PostgreSQL does: nulls are the largest values."""
    known = [row for row in rows if _sort_value(row, column) is not None]
    unknown = [row for row in rows if _sort_value(row, column) is None]
    known.sort(key=lambda row: _comparable(_sort_value(row, column)), reverse=descending)
    return unknown + known if descending else known + unknown


def _sorted(rows: list[Row], sortings: list[Any], model: str, page_number: int) -> list[Row]:
    """Sort as requested; without a request by run (newest first) and name.

    As in the backend, rows of equal rank come in any order, which is another one on another page.
    """
    if sortings:
        rows = sorted(rows, key=lambda row: _any_order(row, page_number))
    else:
        rows = sorted(rows, key=lambda row: row.get("name", ""))
        rows.sort(key=lambda row: row["run_number"], reverse=True)
    for column, direction in reversed(sortings):
        _check(column, model)
        if str(direction).upper() not in ("ASC", "DESC"):
            raise RegistryError(f"column {model}.{direction} does not exist")
        rows = _in_order(rows, column, descending=str(direction).upper() == "DESC")
    return rows


def _any_order(row: Row, page_number: int) -> int:
    return zlib.crc32(f"{page_number} {row['run_number']} {row.get('name', '')}".encode())


def as_count(value: Any, clause: str) -> int:
    """Convert a number as JavaScript does for LIMIT and OFFSET. Raises `RegistryError` with the text of PostgreSQL."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RegistryError('column "nan" does not exist') from None
    if not math.isfinite(number):
        raise RegistryError('column "nan" does not exist')
    if number < 0:
        raise RegistryError(f"{clause} must not be negative")
    return int(number)


def _require_parts(body: dict[str, Any], model: str) -> None:
    """Raise `RegistryError` for a query of datasets without filter or sortings."""
    if model == "Dataset" and "filter" not in body:
        raise RegistryError("Cannot convert undefined or null to object")
    if model == "Dataset" and "sortings" not in body:
        raise RegistryError("Cannot read properties of undefined (reading 'map')")


def page(state: RegistryState, body: dict[str, Any], model: str) -> dict[str, Any]:
    """Return one page of runs or datasets, with the numbers of pages and rows."""
    _require_parts(body, model)
    size = as_count(body.get("page_size", DEFAULT_PAGE_SIZE), "LIMIT")
    number = as_count(body.get("page") or 0, "OFFSET")
    fits = compile_filter(body.get("filter"), model)
    all_rows = state.runs() if model == "Run" else state.datasets()
    matching = _sorted([row for row in all_rows if fits(row)], body.get("sortings") or [], model, number)
    shown = [with_flags(row) for row in matching[number * size : (number + 1) * size]]
    pages = math.ceil(len(matching) / size) if size else None
    return {"runs" if model == "Run" else "datasets": shown, "pages": pages, "count": len(matching)}
