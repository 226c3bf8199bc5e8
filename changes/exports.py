"""The changes as CSV, one line for each row that a change touched."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from history.models import Change
from history.told import told_rows
from users.models import User

HEADING = ("change", "at_utc", "kind", "by", "why", "run_number", "undoes", "request", "what", "name", "differences")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Line:
    """What csv.writer writes to: each line is handed on at once."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets a leading apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def csv_lines(changes: Iterable[Change], reader: User) -> Iterator[str]:
    """A heading, then the changes as this person reads them."""
    writer = csv.writer(_Line())
    yield writer.writerow(HEADING)
    for change in changes:
        of_change = (
            change.pk,
            change.at.isoformat(),
            change.kind,
            change.by_name,
            change.why,
            change.run_number,
            change.undoes_id,
            change.request_id,
        )
        of_rows = [(row.what, row.name, row.in_one_line) for row in told_rows(change, reader)]
        for of_row in of_rows or [("", "", "")]:
            yield writer.writerow([_cell(value) for value in (*of_change, *of_row)])
