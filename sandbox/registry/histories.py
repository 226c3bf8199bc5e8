"""What happened to runs and datasets, as Run Registry logs it: their creation, which is derived, and what was written.

State changes of datasets are in the log of versions alone, without run and dataset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.registry.flags import FlagRanges, detector_ranges, flag_ranges
from sandbox.registry.paging import as_count
from sandbox.registry.rows import ONLINE, Row, dataset_names, dataset_rows, flagged_state, run_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.registry.edited_flags import FlagEvent
    from sandbox.registry.state import RegistryState

AUTHOR = "auto@auto"


@dataclass(frozen=True)
class _Creation:
    """The creation of a run with its dataset `online`, or of another dataset: `version` counts them all."""

    version: int
    comment: str
    created_at: str

    @property
    def row(self) -> Row:
        return {
            "atomic_version": self.version,
            "by": AUTHOR,
            "comment": self.comment,
            "createdAt": self.created_at,
        }


@cache
def _creations() -> dict[tuple[int, str], _Creation]:
    """Return the creation of each dataset, oldest first: all runs, then the other datasets."""
    others = [row for row in dataset_rows() if row["name"] != ONLINE]
    named = [
        *((row, ONLINE, row, f"run {row['run_number']} creation") for row in run_rows()),
        *((row, row["name"], row["Run"], f"dataset {row['name']} creation after a run") for row in others),
    ]
    return {
        (row["run_number"], name): _Creation(version, comment, run["oms_attributes"]["last_update"])
        for version, (row, name, run, comment) in enumerate(named, start=1)
    }


def run_history(state: RegistryState, run_number: int) -> list[Row]:
    """Return the events of a run: its creation with all attributes, then changes; an empty list for an unknown run."""
    created = [_run_creation(row) for row in run_rows() if row["run_number"] == run_number]
    return created + state.run_events(run_number)


def _run_creation(row: Row) -> Row:
    version = _creations()[row["run_number"], ONLINE].row
    own = {"run_number": row["run_number"], "version": row["version"], "Version": version}
    return row["oms_attributes"] | row["rr_attributes"] | own | version


def flag_history(state: RegistryState, run_number: int, name: str) -> list[Row]:
    """Return an event for each first range of flags of a dataset and for each edit; manual edits come last."""
    if name not in dataset_names().get(run_number, []):
        return []
    ranges = flag_ranges(run_number, flagged_state(run_number, name))
    first = [event | {"manual_change": False} for event in _range_events(run_number, name, ranges)]
    edits = state.flag_events(run_number, name)
    return first + [_edit_row(run_number, name, edit) for edit in edits if edit.lumisections]


def _edit_row(run_number: int, name: str, event: FlagEvent) -> Row:
    return {
        "version": event.version,
        "manual_change": event.is_manual,
        "run_number": run_number,
        "name": name,
        "start": min(event.lumisections),
        "end": max(event.lumisections),
        **event.signature,
        "jsonb": event.flags,
    }


def detector_history(run_number: int, name: str) -> list[Row]:
    """Return an event for each range of detector flags; only `online` has them."""
    is_known = name == ONLINE and run_number in dataset_names()
    return list(_range_events(run_number, name, detector_ranges(run_number))) if is_known else []


def _range_events(run_number: int, name: str, ranges: FlagRanges) -> Iterable[Row]:
    creation = _creations()[run_number, name]
    for first, last, content in ranges:
        yield {
            "version": creation.version,
            "run_number": run_number,
            "name": name,
            "start": first,
            "end": last,
            "by": AUTHOR,
            "comment": creation.comment,
            "createdAt": creation.created_at,
            "jsonb": content,
        }


def versions(state: RegistryState, body: dict[str, Any]) -> dict[str, Any]:
    """Return one page of the log, newest first. Raises `RegistryError` without page and page size."""
    size, number = as_count(body.get("page_size"), "LIMIT"), as_count(body.get("page"), "OFFSET")
    rows = [*reversed(state.versions()), *(creation.row for creation in reversed(_creations().values()))]
    pages = math.ceil(len(rows) / size) if size else None
    return {"versions": rows[number * size : (number + 1) * size], "pages": pages, "count": len(rows)}
