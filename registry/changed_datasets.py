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


def fetch_changed_datasets(version: int, budget: Budget, *, page: int = 0) -> list[ChangedDataset]:
    """Return a page of the datasets whose version is at least this, the lowest version first; without hidden ones.

    Datasets that were written together can have the same version. Raises `RemoteError`.
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
    return [_changed(row) for row in rows]


def _changed(row: Any) -> ChangedDataset:
    """Raises `WrongShape`: a row that is left out would never be read again."""
    match row:
        case {"run_number": int() as number, "name": str() as name, "version": int() as version}:
            return ChangedDataset(number, name, version)
    raise WrongShape(REGISTRY, key="version")
