"""Writes of certification calls: new ones, moves of their datasets, their state in a workspace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.registry.cycles import Call, call_row, datasets_of
from sandbox.registry.errors import RegistryError
from sandbox.registry.javascript import MISSING, is_truthy, text_of
from sandbox.registry.moves import matching_datasets, move_dataset
from sandbox.registry.rows import ONLINE, Row

if TYPE_CHECKING:
    from sandbox.registry.access import Author
    from sandbox.registry.state import RegistryState

COMPLETED = "completed"
_COMPLETE = (
    "This cycle has already been marked COMPLETED, therefore you cannot change the state of the dataset unless you "
    "change the state of the cycle"
)


def add_call(state: RegistryState, _author: Author, body: dict[str, Any]) -> Row:
    """Make a call of the datasets that match a filter."""
    given = body.get("cycle_attributes")
    attributes = given if isinstance(given, dict) else {}
    required = (
        (attributes, "There must be at least 1 workspace selected"),
        ("global_state" in attributes, "Cycle must include global workspace state"),
        (is_truthy(body.get("cycle_name")), "Please add a cycle name (must be unique)"),
        (is_truthy(body.get("deadline")), "Please add cycle deadline"),
    )
    for is_given, error in required:
        if not is_given:
            raise RegistryError(error)
    identifier, name = state.next_call_id(), text_of(body["cycle_name"])
    if name in {call.name for call in state.calls()}:
        raise RegistryError("Error creating cycle: SequelizeUniqueConstraintError: Validation error")
    call = Call(identifier, name, text_of(body["deadline"]), _selected(state, body), attributes)
    state.write_call(call)
    return call_row(state, _call(state, {"id_cycle": identifier}))


def _selected(state: RegistryState, body: dict[str, Any]) -> tuple[tuple[int, str], ...]:
    try:
        rows = matching_datasets(state, body)
    except RegistryError as error:
        more = ", select at least 1 dataset" if "No dataset" in str(error) else ""
        raise RegistryError(f"Error creating cycle: {error}{more}") from None
    if any(row["name"] == ONLINE for row in rows):
        raise RegistryError("Error creating cycle: Online dataset cannot be part of a cycle")
    return tuple((row["run_number"], row["name"]) for row in rows)


def _call(state: RegistryState, body: dict[str, Any]) -> Call:
    """Return the named call. Raises `RegistryError`."""
    identifier = text_of(body.get("id_cycle", MISSING))
    call = next((call for call in state.calls() if str(call.identifier) == identifier), None)
    if call is None:
        raise RegistryError(f"Cycle {identifier} does not exist")
    return call


def move_dataset_of_call(
    state: RegistryState, author: Author, body: dict[str, Any], workspace: str, from_state: str, to_state: str
) -> Row | None:
    """Move a dataset of a call that is not completed in the workspace."""
    call = _call(state, body)
    if (body.get("run_number"), body.get("dataset_name")) not in call.keys:
        raise RegistryError("datase_name is not defined")
    if f"{workspace}_state" not in call.attributes:
        raise RegistryError(f"Cycle does not exist in workspace {workspace}")
    if call.attributes[f"{workspace}_state"] == COMPLETED:
        raise RegistryError(_COMPLETE)
    return move_dataset(state, author, body, workspace, from_state, to_state)


def move_datasets_of_call(state: RegistryState, author: Author, body: dict[str, Any], workspace: str) -> Row:
    """Move all datasets of a call that are not COMPLETED."""
    call, name, to_state = _call(state, body), f"{workspace}_state", text_of(body.get("to_state", MISSING))
    if call.attributes.get(name) == COMPLETED:
        raise RegistryError("This cycle is already marked COMPLETED")
    rows = _not_completed(state, call, name)
    if not rows:
        done = "have already been moved to COMPLETED OR no dataset is in this workspace in this cycle"
        raise RegistryError(f"All the datasets in this cycle in workspace {workspace}, {done}")
    with state.transaction(author, f"Change all datasets in cycle {call.identifier} to {to_state}."):
        for row in rows:
            state.write_dataset((row["run_number"], row["name"]), {name: to_state})
    state.wait_for_write()
    return call_row(state, call)


def mark_call(
    state: RegistryState, _author: Author, body: dict[str, Any], complete_or_pending: str, workspace: str
) -> Row:
    """Mark a call completed in a workspace, where all its datasets have to be COMPLETED, or pending again."""
    call = _call(state, body)
    if complete_or_pending == "complete":
        _require_completed(state, call, workspace)
        status = COMPLETED
    else:
        _require_pending_globally(call, workspace)
        status = "pending"
    state.write_call(replace(call, attributes=call.attributes | {f"{workspace}_state": status}))
    return call_row(state, _call(state, body))


def _not_completed(state: RegistryState, call: Call, name: str) -> list[Row]:
    return [row for row in datasets_of(state, call) if row["dataset_attributes"].get(name, "COMPLETED") != "COMPLETED"]


def _require_completed(state: RegistryState, call: Call, workspace: str) -> None:
    pending = [name.split("_state")[0] for name, status in call.attributes.items() if status != COMPLETED]
    others = [name for name in pending if name != "global"]
    if workspace == "global" and others:
        text = "You cannot mark this cycle as completed in the GLOBAL workspace, as it has not yet been moved to"
        raise RegistryError(f"{text} completed in {', '.join(others)} workspace(s)")
    rows = _not_completed(state, call, f"{workspace}_state")
    if rows:
        listed = "".join(f"<p>{row['run_number']} - {row['name']}</p>" for row in rows)
        text = f"This cycle contains {len(rows)} dataset(s) which have not been moved to completed. <br/><br/>"
        raise RegistryError(f"{text}They are:<br/>{listed}")


def _require_pending_globally(call: Call, workspace: str) -> None:
    if workspace != "global" and call.attributes["global_state"] == COMPLETED:
        text = f"Cycle with id {call.identifier} can't be moved back to PENDING since it is marked completed in global"
        more = "workspace. Ask DC Expert to move cycle back to PENDING in global workspace and then proceed"
        raise RegistryError(f"{text} {more}")
