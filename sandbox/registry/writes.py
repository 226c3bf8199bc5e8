"""The addresses of Run Registry that write, and whether they need an e-group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from sandbox.registry.batches import hide_datasets, update_columns
from sandbox.registry.cycle_writes import add_call, mark_call, move_dataset_of_call, move_datasets_of_call
from sandbox.registry.edits import deadlock_of_edit, edit_flags
from sandbox.registry.errors import RegistryError
from sandbox.registry.moves import deadlock_of_move, move_dataset, move_matching_datasets
from sandbox.registry.run_writes import edit_run, mark_significant, move_run, refresh_run

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class WriteAddress:
    """An address. `write` gets state, author, body and the groups of the path; `deadlock` gives the error text."""

    method: str
    path: str
    write: Callable[..., Any]
    needs_egroup: bool = True
    deadlock: Callable[[dict[str, Any]], str] = deadlock_of_move


def _unfinished(*_: Any) -> NoReturn:
    """Two addresses of the backend lead to functions that do not exist."""
    raise RegistryError("fn is not a function")


_WORKSPACE = r"/datasets/(?!get_dataset$|export_to_csv$)[^/]+"
ADDRESSES = (
    WriteAddress("PUT", r"/lumisections/edit_rr_lumisections", edit_flags, deadlock=deadlock_of_edit),
    WriteAddress("POST", r"/datasets/([^/]+)/move_dataset/([^/]+)/([^/]+)", move_dataset),
    WriteAddress("POST", _WORKSPACE, _unfinished),
    WriteAddress("PUT", _WORKSPACE, _unfinished),
    WriteAddress("POST", r"/dc_tools/change_multiple_dataset_states/([^/]+)/([^/]+)/([^/]+)", move_matching_datasets),
    WriteAddress("POST", r"/dc_tools/dataset_column_batch_update", update_columns),
    WriteAddress("DELETE", r"/dc_tools/hide_datasets", hide_datasets),
    WriteAddress("POST", r"/cycles", add_call),
    WriteAddress("POST", r"/cycles/move_dataset/([^/]+)/([^/]+)/([^/]+)", move_dataset_of_call),
    WriteAddress("POST", r"/cycles/move_all_datasets_to/([^/]+)", move_datasets_of_call),
    WriteAddress("PUT", r"/cycles/mark_cycle_(complete|pending)/([^/]+)", mark_call),
    WriteAddress("POST", r"/runs/move_run/([^/]+)/([^/]+)", move_run),
    WriteAddress("POST", r"/runs/mark_significant", mark_significant),
    WriteAddress("PUT", r"/manual_run_edit/([^/]+)/([^/]+)", edit_run),
    WriteAddress("POST", r"/runs/refresh_run/([^/]+)", refresh_run, needs_egroup=False),
    WriteAddress("POST", r"/runs/reset_and_refresh_run/([^/]+)", refresh_run, needs_egroup=False),
)


def write_address(method: str, path: str) -> tuple[WriteAddress, tuple[str, ...]] | None:
    """Return the address that a request writes to and the groups of its path, or None for other requests."""
    for address in ADDRESSES:
        match = re.fullmatch(address.path, path) if address.method == method else None
        if match:
            return address, match.groups()
    return None
