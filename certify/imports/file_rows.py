"""Reader of files of certifications, CSV or JSON, as rows of column names and texts."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, TextIO

from infrastructure.csv_export import LIST_SEPARATOR, unescape_cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Column names of the public list of reference runs, and the names of our exports.
_COLUMN_ALIASES = {
    "run_reconstruction_type": "reconstruction",
    "reference_run_reconstruction_type": "reference_reconstruction",
}
FileRow = dict[str, Any]  # texts, or lists of texts from JSON


class NotImportable(Exception):
    """The file cannot be imported. The text names the line and the reason; nothing was stored."""


def read_rows(file: TextIO, needed: Collection[str]) -> Iterator[tuple[str, FileRow]]:
    """Yield (position in the file, row). A file that starts with [ is JSON, else CSV.

    Raises `NotImportable` if one of the `needed` columns is missing or the file cannot be parsed.
    """
    text = file.read()
    return _read_json(text, needed) if text.lstrip().startswith("[") else _read_csv(text, needed)


def _read_csv(text: str, needed: Collection[str]) -> Iterator[tuple[str, FileRow]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    reader.fieldnames = [_COLUMN_ALIASES.get(name.strip(), name.strip()) for name in reader.fieldnames or []]
    if missing := _missing_columns(reader.fieldnames, needed):
        raise NotImportable(f"The columns {missing} are missing. Give them in the first line.")
    for row in reader:
        values = {name: unescape_cell(text or "") for name, text in row.items() if isinstance(name, str)}
        yield f"Line {reader.line_num}", values


def _read_json(text: str, needed: Collection[str]) -> Iterator[tuple[str, FileRow]]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise NotImportable(f"It is no JSON: {error}.") from None
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise NotImportable(f"Entry {number} is no object. Give a list of objects, as the export does.")
        row: FileRow = {_COLUMN_ALIASES.get(str(name), str(name)): _as_text(cell) for name, cell in entry.items()}
        if missing := _missing_columns(row, needed):
            raise NotImportable(f"Entry {number} has no {missing}. Give them in each entry.")
        yield f"Entry {number}", row


def _as_text(cell: object) -> str | list[str]:
    if isinstance(cell, list):
        return [str(item) for item in cell]
    return "" if cell is None else str(cell)


def _missing_columns(names: Collection[str], needed: Collection[str]) -> str:
    return ", ".join(name for name in needed if name not in names)


def split_cell(cell: str | list[str], *, is_single: bool = False) -> list[str]:
    """Return the stripped names in a cell, separated by semicolons unless `is_single`."""
    names = cell if isinstance(cell, list) else [cell] if is_single else cell.split(LIST_SEPARATOR)
    return [name.strip() for name in names if name.strip()]
