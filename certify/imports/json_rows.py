"""Rows of JSON files: a list of objects, as our export writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from certify.imports.columns import (
    LIST_COLUMNS,
    column_name,
    missing_columns,
    repeated_columns,
    unknown_columns,
    unknown_name,
)
from certify.imports.problems import NotImportable, quote
from certify.models.components import RANGES_FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

JsonRow = dict[str, str | list[str]]
_SHAPE = (
    'Give a list of objects, as the export does: [{"run_number": 316187, …}, …]. In pandas that is '
    'to_json(orient="records").'
)


class _Members(list[tuple[str, Any]]):
    """An object as its (key, value) pairs, so that a key that is there twice is noticed."""


class _Number(str):
    """A number as the file writes it, so that no digit is lost."""

    __slots__ = ()


class _Constant(str):
    """NaN, Infinity or -Infinity, which Python writes and JSON does not have."""

    __slots__ = ()


def read_json(text: str, ignored: Collection[str], problems: list[str]) -> Iterator[tuple[str, JsonRow]]:
    """Yield ("Entry 1", {column: text or texts}) for each entry that can be read.

    Problems of entries are appended to `problems`. Raises `NotImportable` if the file is not a list.
    """
    unknown: set[str] = set()
    for number, entry in enumerate(_entries(text), 1):
        found, row = _read_entry(entry)
        news = [name for name in unknown_columns(row, ignored) if name not in unknown]
        unknown |= {*news}
        found += [unknown_name(name) for name in news]
        problems += [f"Entry {number}: {sentence}" for sentence in found]
        if not found:
            yield f"Entry {number}", row


def _entries(text: str) -> list[Any]:
    if text.lstrip().startswith("{"):
        raise NotImportable(f"The file is an object, or one object per line (JSON lines). {_SHAPE}")
    try:
        return json.loads(
            text,
            object_pairs_hook=_Members,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Constant,
        )
    except RecursionError:
        raise NotImportable(f"The file has lists in lists in lists. {_SHAPE}") from None
    except ValueError as error:
        raise NotImportable(f"It is no JSON: {error}. {_SHAPE}") from None


def _read_entry(entry: Any) -> tuple[list[str], JsonRow]:
    """Return (problems, row) of an entry."""
    if not isinstance(entry, _Members):
        return [f"it is no object. {_SHAPE}"], {}
    names = [column_name(key) for key, _value in entry]
    problems = [f"{quote(name)} is there twice. Keep one of them." for name in repeated_columns(names)]
    if missing := missing_columns(names):
        problems.append(f"it has no {missing}. Give them in each entry.")
    row: JsonRow = {}
    for name, (_key, value) in zip(names, entry, strict=True):
        try:
            row[name] = _read_value(name, value)
        except ValueError as error:
            problems.append(f"{name} {error}")
    return problems, row


def _read_value(name: str, value: Any) -> str | list[str]:
    if isinstance(value, _Members):
        raise ValueError("is an object. Give one value.")
    if isinstance(value, list):
        if name in RANGES_FIELDS:
            return ", ".join(_range_text(item) for item in value)
        if name not in LIST_COLUMNS:
            raise ValueError("is a list. Give one value.")
        return [_text(item) for item in value]
    return _text(value)


def _range_text(item: Any) -> str:
    """Return [310, 330] as "310-330"."""
    if not isinstance(item, list) or len(item) != 2 or not all(isinstance(number, _Number) for number in item):
        raise ValueError("is no list of ranges. Give [[first, last], …].")
    return "-".join(item)


def _text(value: Any) -> str:
    if isinstance(value, list):
        raise ValueError("is a list in a list. Give texts.")
    if isinstance(value, _Constant):
        raise ValueError(f"is {value}, which JSON does not have. Give null.")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
