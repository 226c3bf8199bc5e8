"""The changes as CSV, one line for each row that a change touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.models import Change
from audit.presentation import present_rows
from infrastructure.csv_export import csv_rows
from users.models import User

COLUMNS = ("change", "at_utc", "kind", "by", "why", "run_number", "undoes", "request", "what", "name", "differences")


def csv_lines(changes: Iterable[Change], reader: User) -> Iterator[str]:
    """A heading, then the changes as this person reads them."""
    return csv_rows(COLUMNS, (line for change in changes for line in _change_rows(change, reader)))


def _change_rows(change: Change, reader: User) -> Iterator[tuple[object, ...]]:
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
    of_rows = [(row.row_label, row.name, row.summary) for row in present_rows(change, reader)]
    for of_row in of_rows or [("", "", "")]:
        yield (*of_change, *of_row)
