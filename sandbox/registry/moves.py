"""States of datasets: moves of one, and of all that match a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.registry.details import dataset_details
from sandbox.registry.errors import RegistryError
from sandbox.registry.filters import compile_filter
from sandbox.registry.javascript import MISSING, text_of
from sandbox.registry.lumisections import requested_dataset
from sandbox.registry.rows import WAITING, Row, with_flags

if TYPE_CHECKING:
    from sandbox.registry.access import Author
    from sandbox.registry.state import RegistryState

STATES = ("COMPLETED", "SIGNOFF", "OPEN")
MOVE_COMMENT = "manual change of state of dataset"


def move_dataset(
    state: RegistryState, author: Author, body: dict[str, Any], _workspace: str, _from_state: str, to_state: str
) -> Row | None:
    """Move a dataset, and return it as it is when the write is over: it may have a later state by then.

    The workspace is that of the body. The old state is ignored, and the new one can be any text.
    """
    require_dataset_named(body)
    key = requested_dataset(body)
    if state.dataset(*key) is None:
        raise RegistryError("Cannot destructure property 'dataset_attributes' of 'dataset' as it is null.")
    with state.transaction(author, MOVE_COMMENT):
        state.write_dataset(key, _moved(state.dataset(*key) or {}, text_of(body.get("workspace", MISSING)), to_state))
    state.wait_for_write()
    return dataset_details(state, *key)


def _moved(row: Row, workspace: str, to_state: str) -> Row:
    """Return the changed states: opening a waiting dataset in `global` opens it in all workspaces where it waits."""
    attributes, changed = row["dataset_attributes"], {f"{workspace}_state": to_state}
    if workspace == "global" and attributes.get("global_state") == WAITING and to_state == "OPEN":
        changed |= {name: to_state for name, value in attributes.items() if "_state" in name and value == WAITING}
    return changed


def deadlock_of_move(body: dict[str, Any]) -> str:
    """Return the error of a move that meets another write of its dataset."""
    name, number = (text_of(body.get(key, MISSING)) for key in ("dataset_name", "run_number"))
    return f"Error updating/saving dataset {name} of run: {number}, deadlock detected"


def require_dataset_named(body: dict[str, Any]) -> None:
    """Raise `RegistryError` for a body without run number or dataset name."""
    missing = next((key for key in ("run_number", "dataset_name") if key not in body), None)
    if missing:
        column = {"dataset_name": "name"}.get(missing, missing)
        raise RegistryError(f'WHERE parameter "{column}" has invalid "undefined" value')


def matching_datasets(state: RegistryState, body: dict[str, Any]) -> list[Row]:
    """Return the datasets that match the filter of a batch. Raises `RegistryError` without filter, and if none does."""
    if body.get("filter") is None:
        raise RegistryError("Cannot convert undefined or null to object")
    fits = compile_filter(body["filter"], "Dataset")
    rows = [row for row in state.datasets() if fits(row)]
    if not rows:
        raise RegistryError("No dataset found for filter criteria")
    return rows


def move_matching_datasets(
    state: RegistryState, author: Author, body: dict[str, Any], workspace: str, from_state: str, to_state: str
) -> list[Row]:
    """Move the datasets that are in the old state. The others that match the filter get a new version all the same."""
    if to_state not in STATES:
        raise RegistryError("The new state must be either COMPLETED, SIGNOFF or OPEN")
    comment = (
        "dc_tool: change multiple states (OPEN, SIGNOFF, COMPLETED) of datasets in batch "
        f"from state {from_state} to {to_state} in workspace {workspace}"
    )
    name = f"{workspace}_state"
    with state.transaction(author, comment):
        rows = matching_datasets(state, body)
        _require_state(rows, workspace)
        for row in rows:
            is_moved = row["dataset_attributes"][name] == from_state
            state.write_dataset((row["run_number"], row["name"]), {name: to_state} if is_moved else {})
    state.wait_for_write()
    return [with_flags(state.dataset(row["run_number"], row["name"]) or row) for row in rows]


def _require_state(rows: list[Row], workspace: str) -> None:
    """Raise `RegistryError` for a dataset that has no state in the workspace."""
    for row in rows:
        if not row["dataset_attributes"].get(f"{workspace}_state"):
            named = f"{row['run_number']} in {row['name']} in workspace {workspace}"
            raise RegistryError(f"Error duplicating datasets: No state defined for {named}, cannot change state")
