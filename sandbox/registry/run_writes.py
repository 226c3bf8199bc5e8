"""Writes of runs: their state, class, reason of the stop and significance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.registry.columns import DETECTOR_OF, TRACKER
from sandbox.registry.details import run_details
from sandbox.registry.errors import RegistryError
from sandbox.registry.javascript import MISSING, text_of
from sandbox.registry.moves import STATES
from sandbox.registry.rows import ONLINE, Row

if TYPE_CHECKING:
    from sandbox.registry.access import Author
    from sandbox.registry.state import RegistryState

_NO_FLAG = ("", "EMPTY", "NO VALUE FOUND")
_ONLINE_COLUMNS = (*DETECTOR_OF, *TRACKER[:2])
_MISSING_FLAG = (
    "There is a {status} lumisection at position {position} of this run in component {column}. \n"
    "                           Please wait until this component is updated automatically (<5 mins), or ask {column} "
    "expert, then change the value in the 'manage' menu."
)


def move_run(state: RegistryState, author: Author, body: dict[str, Any], _from_state: str, to_state: str) -> Row | None:
    """Move a run. As opposed to datasets the new state is checked, and flags have to be known for all but OPEN."""
    number, run = _named_run(state, body.get("run_number", MISSING))
    if to_state not in STATES:
        raise RegistryError("The final state must be SIGNOFF, OPEN OR COMPLETED, no other option is valid")
    if run is None:
        raise RegistryError("Cannot read properties of null (reading 'rr_attributes')")
    if run["rr_attributes"]["state"] == to_state:
        raise RegistryError(f"Run {number} state is already in state {to_state}")
    _require_flags(state, number, to_state)
    return _write(state, author, number, {"state": to_state}, f"move state run {number} to state {to_state}")


def edit_run(state: RegistryState, author: Author, body: Row, number_text: str, attribute: str) -> Row | None:
    """Change attributes of an open run: all of the body, whichever the address names."""
    number, run = _named_run(state, number_text)
    if run is None:
        raise RegistryError("Run not found")
    attributes = run["rr_attributes"]
    if attributes["state"] != "OPEN":
        raise RegistryError("Run must be in state OPEN to be edited")
    old, new = text_of(attributes.get(attribute, MISSING)), text_of(body.get(attribute, MISSING))
    comment = f'run {number} manual edit of attribute {attribute} from "{old}" to "{new}"'
    changed = {name: value for name, value in body.items() if name not in attributes or attributes[name] != value}
    return _write(state, author, number, changed, comment)


def mark_significant(state: RegistryState, author: Author, body: dict[str, Any]) -> Row | None:
    """Mark an open run significant."""
    number, run = _named_run(state, body.get("run_number", MISSING))
    if run is None:
        raise RegistryError("Run not found")
    if run["rr_attributes"]["state"] != "OPEN":
        raise RegistryError("Run must be in state OPEN to be marked significant")
    if run["rr_attributes"]["significant"] is True:
        raise RegistryError("Run is already significant")
    return _write(state, author, number, {"significant": True}, f"mark run {number} significant")


def refresh_run(state: RegistryState, _author: Author, _body: dict[str, Any], number_text: str) -> Row | None:
    """Return an open run. What OMS says of it never changes here, so nothing is written."""
    number, run = _named_run(state, number_text)
    if run is None:
        raise RegistryError("Run not found")
    if run["rr_attributes"]["state"] != "OPEN":
        raise RegistryError("Run must be in state OPEN to be refreshed")
    return run_details(state, number)


def _named_run(state: RegistryState, named: Any) -> tuple[int, Row | None]:
    text = text_of(named)
    if not (text.isascii() and text.isdigit()):
        raise RegistryError(f'invalid input syntax for type integer: "{text}"')
    return int(text), state.run(int(text))


def _require_flags(state: RegistryState, number: int, to_state: str) -> None:
    """Raise `RegistryError` for a run without flags, or with a lumisection that lacks one and a state but OPEN."""
    ranges = state.flag_ranges(number, ONLINE)
    if not ranges:
        text = f"There is no run lumisection data for run {number}, therefore it cannot be signed off"
        raise RegistryError(text)
    for first, _, flags in ranges if to_state != "OPEN" else ():
        for name in _ONLINE_COLUMNS:
            status = flags.get(name, {}).get("status")
            if status in _NO_FLAG:
                column = name.split("-")[1]
                raise RegistryError(_MISSING_FLAG.format(status=status or "empty", position=first, column=column))


def _write(state: RegistryState, author: Author, number: int, changed: Row, comment: str) -> Row | None:
    """Write a version, and the attributes if there are any; return the run."""
    with state.transaction(author, comment) as signature:
        if changed:
            state.write_run(number, changed, signature)
    state.wait_for_write()
    return run_details(state, number)
