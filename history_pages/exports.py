"""CSV export of changes, one line for each database row of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.presentation import present_rows
from infrastructure.csv_export import csv_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.models import Change
    from users.models import User

COLUMNS = ("change", "at_utc", "kind", "by", "why", "run_number", "undoes", "request", "what", "name", "differences")


def csv_lines(changes: Iterable[Change], reader: User) -> Iterator[str]:
    """Yield the header and the lines of the changes, with what `reader` may see."""
    return csv_rows(COLUMNS, (row for change in changes for row in _change_rows(change, reader)))


def _change_rows(change: Change, reader: User) -> Iterator[tuple[object, ...]]:
    change_columns = (
        change.pk,
        change.at.isoformat(),
        change.kind,
        change.by_name,
        change.why,
        change.run_number,
        change.undoes_id,
        change.request_id,
    )
    rows = [(row.row_label, row.name, row.summary) for row in present_rows(change, reader)]
    for row_columns in rows or [("", "", "")]:
        yield (*change_columns, *row_columns)
