"""PUT /lumisections/edit_rr_lumisections: flags of lumisections of one column of one dataset.

The backend checks little. It accepts any column and status, lumisections that do not exist, and datasets that are
signed off, completed or hidden; numbers below 1 damage the dataset (`edited_flags`).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.registry.errors import RegistryError
from sandbox.registry.javascript import (
    MISSING,
    can_be_stored,
    is_greater,
    is_not_greater,
    is_truthy,
    number_of,
    text_of,
)
from sandbox.registry.rows import ONLINE, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.registry.access import Author
    from sandbox.registry.state import DatasetKey, RegistryState

SHORTEST_COMMENT = 3
# Lumisections of one edit, above which the statement is too long for the backend.
MOST_LUMISECTIONS = 100_000
_LARGEST_INTEGER = 2**31 - 1


def edit_flags(state: RegistryState, author: Author, body: dict[str, Any]) -> Row:
    """Set the flag of a range, and return the event. Raises `RegistryError`.

    While an edit of a dataset goes on, others of it fail with a deadlock and write nothing.
    """
    asked = _asked_range(body)
    component = text_of(body.get("component", MISSING))
    flag = {name: asked[name] if is_truthy(asked.get(name)) else "" for name in ("cause", "status", "comment")}
    number, name = body.get("run_number", MISSING), body.get("dataset_name", MISSING)
    if name == ONLINE:
        _require_open_run(state, number)
    try:
        return _write_edit(state, author, (number, name), asked, {component: flag})
    except RegistryError as error:
        prefix = f"Error updating lumisections of {text_of(name)} dataset, run number: {text_of(number)}: "
        raise RegistryError(f"{prefix}{error}") from None


def deadlock_of_edit(body: dict[str, Any]) -> str:
    """Return the error of an edit that meets another one of its dataset."""
    name, number = (text_of(body.get(key, MISSING)) for key in ("dataset_name", "run_number"))
    return f"Error updating lumisections of {name} dataset, run number: {number}: {_deadlock(number, name)}"


def _asked_range(body: dict[str, Any]) -> dict[str, Any]:
    """Return the new range. Raises `RegistryError` without a status, and without a comment for BAD."""
    asked = body.get("new_lumisection_range", MISSING)
    if asked is MISSING or asked is None:
        text = f"Cannot destructure property 'start' of 'new_lumisection_range' as it is {text_of(asked)}."
        raise RegistryError(text)
    asked = asked if isinstance(asked, dict) else {}
    status, comment = asked.get("status"), asked.get("comment")
    if not is_truthy(status):
        raise RegistryError("No status present when trying to edit lumisections")
    is_short = isinstance(comment, str | list) and len(comment) < SHORTEST_COMMENT
    if status == "BAD" and (not is_truthy(comment) or is_short):
        raise RegistryError("When setting lumisections as BAD, there MUST be a comment for this action.")
    return asked


def _require_open_run(state: RegistryState, number: Any) -> None:
    run = state.run(int(number_of(number))) if _is_number(text_of(number)) else None
    if run is None:
        raise RegistryError("Cannot read properties of null (reading 'rr_attributes')")
    if run["rr_attributes"]["state"] != "OPEN":
        raise RegistryError("Run must be in state OPEN to be edited")


def _write_edit(state: RegistryState, author: Author, named: tuple[Any, Any], asked: dict[str, Any], flags: Row) -> Row:
    number, name = map(text_of, named)
    lumisections = _lumisections(asked.get("start", MISSING), asked.get("end", MISSING))
    key = (int(number), name) if _is_number(number) else (0, name)
    if state.dataset(*key) is None or lumisections is None or not can_be_stored(flags):
        raise RegistryError(f"Error updating/saving dataset {name} of run {number} lumisections")
    comment = f"Edit run {number} lumisections of a dataset {name} for component {next(iter(flags))}"
    with _edit_of(state, key):
        with state.transaction(author, comment) as signature:
            event = state.write_flags(key, lumisections, flags, signature)
            state.write_dataset(key, {})
            state.fill_cache(key)
        state.wait_for_write()
    return {
        "run_number": key[0],
        "name": name,
        "lumisection_metadata_id": state.content_id(flags),
        "version": event.version,
        "manual_change": event.is_manual,
    }


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


@contextmanager
def _edit_of(state: RegistryState, key: DatasetKey) -> Iterator[None]:
    """Hold the dataset while it is edited. Raises `RegistryError` if it is being edited already."""
    lock = state.lock_of(*key)
    if not lock.acquire(blocking=False):
        raise RegistryError(_deadlock(*key))
    try:
        yield
    finally:
        lock.release()


def _deadlock(number: Any, name: str) -> str:
    return f"Error updating/saving dataset {name} of run: {number}, deadlock detected"


def _lumisections(start: Any, end: Any) -> tuple[int, ...] | None:
    """Return the numbers from start to end as the backend's loop and PostgreSQL make them, or None if it refuses them.

    A missing end gives none. Texts are compared as texts, fractions are rounded. Raises `RegistryError` if the start
    is greater.
    """
    if is_greater(start, end):
        raise RegistryError("Start Lumisection must be less than end lumisection")
    if not is_not_greater(start, end):
        return ()
    first, last = number_of(start), number_of(end)
    if start is None or last - first > MOST_LUMISECTIONS or max(abs(first), abs(last)) > _LARGEST_INTEGER:
        return None
    steps = range(max(1, int(last - first) + 1))
    return tuple(_rounded(first + step) for step in steps)


def _rounded(number: float) -> int:
    """Round as PostgreSQL does: halves away from zero."""
    return int(number + 0.5) if number >= 0 else -int(0.5 - number)
