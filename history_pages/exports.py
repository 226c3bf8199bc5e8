"""The changes as CSV, one line for each row that a change touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.models import Change
from audit.presentation import told_rows
from infrastructure.csv_export import lines_of
from users.models import User

HEADING = ("change", "at_utc", "kind", "by", "why", "run_number", "undoes", "request", "what", "name", "differences")


def csv_lines(changes: Iterable[Change], reader: User) -> Iterator[str]:
    """A heading, then the changes as this person reads them."""
    return lines_of(HEADING, (line for change in changes for line in _lines(change, reader)))


def _lines(change: Change, reader: User) -> Iterator[tuple[object, ...]]:
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
        yield (*of_change, *of_row)
