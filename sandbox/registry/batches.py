"""Tools of data certification experts for the datasets that match a filter: a status for whole columns, hiding."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from sandbox.registry.details import cache_row
from sandbox.registry.errors import RegistryError
from sandbox.registry.javascript import is_truthy, text_of
from sandbox.registry.moves import matching_datasets
from sandbox.registry.rows import CACHE, ONLINE, Row, with_flags

if TYPE_CHECKING:
    from sandbox.registry.access import Author
    from sandbox.registry.state import RegistryState

COLUMN_COMMENT = "dc_tool: change column of lumisections to a certain state (GOOD,BAD) in batch"


def update_columns(state: RegistryState, author: Author, body: dict[str, Any]) -> list[Row]:
    """Give all lumisections of columns a status, which keeps their comments. An unknown column changes nothing."""
    named, status = body.get("columns_to_update"), body.get("new_status")
    columns = [text_of(column) for column in named] if isinstance(named, list) else []
    with state.transaction(author, COLUMN_COMMENT) as signature:
        rows = matching_datasets(state, body)
        for row in rows:
            _update_columns_of(state, (row["run_number"], row["name"]), columns, status, signature)
    state.wait_for_write()
    current = [state.dataset(row["run_number"], row["name"]) or row for row in rows]
    return [row | {CACHE: cache_row(state, row)} for row in current]


def _update_columns_of(
    state: RegistryState, key: tuple[int, str], columns: list[str], status: Any, signature: Row
) -> None:
    ranges = state.flag_ranges(*key)
    if not all(column in flags for _, _, flags in ranges for column in columns):
        return
    changed = [
        (first, last, {column: flags[column] | {"status": status} for column in columns})
        for first, last, flags in ranges
    ]
    for flags, same in groupby(changed, key=lambda stretch: stretch[2]):
        numbers = [number for first, last, _ in same for number in range(first, last + 1)]
        state.write_flags(key, numbers, flags, signature)
    state.write_dataset(key, {})
    state.fill_cache(key)


def hide_datasets(state: RegistryState, author: Author, body: dict[str, Any]) -> list[Row]:
    """Hide datasets, and return them as they were. Any later write of a hidden dataset brings it back."""
    reason = body.get("reason_for_hiding")
    if not is_truthy(reason):
        raise RegistryError("You must provide a reason for hiding these datasets")
    with state.transaction(author, f"dc_tool: hiding datasets, reason: {text_of(reason)}"):
        rows = matching_datasets(state, body)
        if any(row["name"] == ONLINE for row in rows):
            raise RegistryError("Error hiding datasets: You cannot delete the online dataset belonging to a run")
        for row in rows:
            state.write_dataset((row["run_number"], row["name"]), {}, is_hidden=True)
    state.wait_for_write()
    return [with_flags(row) for row in rows]
