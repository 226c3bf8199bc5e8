"""Reader of files of certifications, CSV or JSON, as rows of column names and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.imports.csv_rows import read_csv
from certify.imports.json_rows import read_json
from certify.imports.problems import NotImportable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    FileRow = Mapping[str, str | list[str]]  # lists from JSON


def read_rows(text: str, ignored: Collection[str], problems: list[str]) -> Iterator[tuple[str, FileRow]]:
    """Yield (position in the file, row) of each row that can be read. A file that starts with [ or { is JSON, else CSV.

    Problems are appended to `problems`. Raises `NotImportable` if the file as a whole cannot be read.
    """
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise NotImportable("The file is empty. Give our export, or the list of reference runs.")
    read = read_json if text.lstrip().startswith(("[", "{")) else read_csv
    yield from read(text, ignored, problems)
