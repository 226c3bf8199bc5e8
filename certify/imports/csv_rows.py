"""Rows of CSV files: commas, semicolons, tabs or vertical bars, with or without a line `sep=`."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from certify.imports.columns import (
    READ_COLUMNS,
    column_name,
    missing_columns,
    repeated_columns,
    unknown_columns,
    unknown_name,
)
from certify.imports.problems import NotImportable, quote
from infrastructure.csv_export import unescape_cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_CELLS_ADVICE = "Give a cell for each column, and put quotation marks around text that has a separator in it."
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[^\r\n])"?(?=[\r\n]|$)', re.IGNORECASE)


def read_csv(text: str, ignored: Collection[str], problems: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ("Line 2", {column: text}) for each row that has a cell for each column, and no other.

    Problems of rows and columns are appended to `problems`. Raises `NotImportable` if the rest cannot be read.
    """
    separator = _SEPARATOR_LINE.match(text)
    text = text[separator.end() :] if separator else text  # its line end stays, so that lines keep their numbers
    delimiter = _checked_delimiter(separator["delimiter"]) if separator else _find_delimiter(text)
    records = _records(text, delimiter, problems)
    _line, heading = next(records, (1, []))
    names = [column_name(cell) for cell in heading]
    _check_columns(names, delimiter, ignored, problems)
    for line, cells in records:
        if len(cells) != len(names):
            problems.append(f"Line {line}: the columns are {len(names)}, the cells {len(cells)}. {_CELLS_ADVICE}")
        elif unnamed := [cell for name, cell in zip(names, cells, strict=True) if not name and cell.strip()]:
            problems.append(f"Line {line}: {quote(unnamed[0])} is in a column without a name. Name the column.")
        else:
            yield f"Line {line}", {name: unescape_cell(cell) for name, cell in zip(names, cells, strict=True)}


def _checked_delimiter(delimiter: str) -> str:
    if delimiter not in _DELIMITERS:
        raise NotImportable(
            f"Line 1: sep= names {quote(delimiter)}. Separate cells by {', '.join(_DELIMITERS.values())}."
        )
    return delimiter


def _find_delimiter(text: str) -> str:
    """Return the delimiter with which the first line has the most known columns."""

    def known(delimiter: str) -> int:
        try:
            _line, heading = next(_records(text, delimiter, []), (1, []))
        except NotImportable:
            return 0
        return len(READ_COLUMNS.intersection(map(column_name, heading)))

    return max(_DELIMITERS, key=known)


def _check_columns(names: list[str], delimiter: str, ignored: Collection[str], problems: list[str]) -> None:
    if missing := missing_columns(names):
        found = ", ".join(map(quote, names[:20])) or "nothing"
        raise NotImportable(
            f"The columns {missing} are missing. Give them in the first line. "
            f"With {_DELIMITERS[delimiter]} between its cells it has {found}."
        )
    problems += [f"The column {name} is there twice. Keep one of them." for name in repeated_columns(names)]
    problems += [f"The column {unknown_name(name)}" for name in unknown_columns(names, ignored)]


def _records(text: str, delimiter: str, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) of each row that is not empty. After broken quotation marks nothing is read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotImportable([*problems, _broken(error, line, reader.line_num)]) from None


def _broken(error: csv.Error, first: int, last: int) -> str:
    """Return the sentence for an error of Python's csv reader in the row that begins at line `first`."""
    message = str(error)
    if "unexpected end" in message:
        return f"Line {first}: a quotation mark is opened here and not closed. Close it, or write it twice."
    if "field larger" in message:
        limit = f"{csv.field_size_limit():,}"
        return f"Line {first}: a cell has more than {limit} characters. Shorten it, or close its quotation mark."
    where = f"Line {first}" if first == last else f"Lines {first} to {last}"
    if "expected after" in message:
        return f"{where}: text follows a closing quotation mark. Write quotation marks inside a cell twice."
    return f"{where}: {message}."
