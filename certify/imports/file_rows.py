"""The rows of a file of certifications, CSV or JSON, as names and texts, whoever wrote it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator
from typing import Any, TextIO

from infrastructure.csv_export import BETWEEN, unguarded

# Names of the public list of reference runs, and what our exports call the same.
_ALSO = {
    "run_reconstruction_type": "reconstruction",
    "reference_run_reconstruction_type": "reference_reconstruction",
}
Row = dict[str, Any]  # texts, and lists of texts where there are several


class NotImportable(Exception):
    """The file cannot be taken; says which line and why. Nothing of it was stored."""


def rows_of(file: TextIO, needed: Collection[str]) -> Iterator[tuple[str, Row]]:
    """(where it stands, row) of each; JSON where the file begins with [. Raises `NotImportable`."""
    text = file.read()
    return _of_json(text, needed) if text.lstrip().startswith("[") else _of_csv(text, needed)


def _of_csv(text: str, needed: Collection[str]) -> Iterator[tuple[str, Row]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    reader.fieldnames = [_ALSO.get(name.strip(), name.strip()) for name in reader.fieldnames or []]
    if missing := _missing(reader.fieldnames, needed):
        raise NotImportable(f"The columns {missing} are missing. Give them in the first line.")
    for row in reader:
        said = {name: unguarded(text or "") for name, text in row.items() if isinstance(name, str)}
        yield f"Line {reader.line_num}", said


def _of_json(text: str, needed: Collection[str]) -> Iterator[tuple[str, Row]]:
    try:
        entries = json.loads(text)
    except ValueError as wrong:
        raise NotImportable(f"It is no JSON: {wrong}.") from None
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise NotImportable(f"Entry {number} is no object. Give a list of objects, as the export does.")
        row: Row = {_ALSO.get(str(name), str(name)): _as_text(said) for name, said in entry.items()}
        if missing := _missing(row, needed):
            raise NotImportable(f"Entry {number} has no {missing}. Give them in each entry.")
        yield f"Entry {number}", row


def _as_text(said: object) -> str | list[str]:
    if isinstance(said, list):
        return [str(one) for one in said]
    return "" if said is None else str(said)


def _missing(names: Collection[str], needed: Collection[str]) -> str:
    return ", ".join(name for name in needed if name not in names)


def words_in(said: str | list[str], *, is_one: bool = False) -> list[str]:
    """The words that a cell names, several of them between semicolons."""
    words = said if isinstance(said, list) else [said] if is_one else said.split(BETWEEN)
    return [word.strip() for word in words if word.strip()]
