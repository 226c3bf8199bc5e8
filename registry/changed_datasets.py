"""The datasets of Run Registry that have changed since a version, read in order of their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from infrastructure.http.errors import WrongShape
from registry.service import REGISTRY
from registry.writes import query

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget

PAGE_SIZE = 200  # rows of 6 kB


class ChangedDataset(NamedTuple):
    """A dataset by run and name in Run Registry, and the version of its last change."""

    run_number: int
    registry_name: str
    version: int


def fetch_changed_datasets(version: int, budget: Budget, *, page: int = 0) -> tuple[list[ChangedDataset], bool]:
    """Return a page of the datasets whose version is at least this, the lowest version first, and whether it is full.

    Datasets that were written together can have the same version. Hidden ones are left out, and so are rows that cannot
    be used. Raises `RemoteError`, also if no row can be used.
    """
    body = {
        "filter": {"version": {">=": version}},
        "page": page,
        "page_size": PAGE_SIZE,
        "sortings": [["version", "ASC"]],
    }
    answer = query("/datasets_filtered_ordered", body, budget)
    rows = answer.get("datasets") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise WrongShape(REGISTRY, key="datasets")
    changed = [dataset for row in rows if (dataset := _changed(row))]
    if rows and not changed:
        raise WrongShape(REGISTRY, key="name")
    return changed, len(rows) >= PAGE_SIZE


def _changed(row: Any) -> ChangedDataset | None:
    """Return None for a row without a run or name, which nothing can have been written to."""
    match row:
        case {"run_number": int() as number, "name": str() as name, "version": int() as version}:
            return ChangedDataset(number, name, version)
    return None
