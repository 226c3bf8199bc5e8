"""Parsers of the rows of datasets of Run Registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infrastructure.http.errors import WrongShape
from registry.service import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterable

ONLINE = "online"


@dataclass(frozen=True)
class RegistryDataset:
    """One dataset of one run. `state` is that of the Tracker, `run_state` and `run_class` are those of the online run.

    `name` is stripped; `registry_name` is the name in Run Registry (some end in a newline), for further requests.
    """

    run_number: int
    name: str
    reconstruction: str | None
    state: str | None
    run_class: str | None
    run_state: str | None
    registry_name: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether the dataset is open for Tracker in Run Registry."""
        return self.state == "OPEN"


def run_type_in(name: str | None) -> str | None:
    """Return the run type that a run class or the name of a dataset contains, or None."""
    lowered = (name or "").lower()
    return next((run_type + "s" for run_type in ("collision", "cosmic") if run_type in lowered), None)


def reconstruction_in(name: str) -> str | None:
    """Return the reconstruction that the name of a dataset contains, or None. "UL" counts in capitals only."""
    lowered = name.lower()
    if "express" in lowered:
        return "express"
    if "prompt" in lowered:
        return "prompt"
    if "rereco" in lowered:
        return "rerecoul" if "UL" in name else "rereco"
    return None


def parse_dataset(row: Any) -> RegistryDataset:
    """Parse one uncompressed row. A state can be absent. Raises `WrongShape` with the key."""
    row = mapping(row, "datasets")
    name = text(row.get("name"), "name")
    if not name or not name.strip():
        raise WrongShape(REGISTRY, key="name")
    run = mapping(mapping(row.get("Run"), "Run").get("rr_attributes"), "rr_attributes")
    attributes = mapping(row.get("dataset_attributes"), "dataset_attributes")
    return RegistryDataset(
        run_number=_run_number(row.get("run_number")),
        name=name.strip(),
        reconstruction=reconstruction_in(name),
        state=text(attributes.get("tracker_state"), "tracker_state"),
        run_class=text(run.get("class"), "class"),
        run_state=text(run.get("state"), "state"),
        registry_name=name,
    )


def parse_datasets(rows: Iterable[Any]) -> list[RegistryDataset]:
    """Parse all rows, each (run, stripped name) once. Paging without a snapshot can repeat rows."""
    unique: dict[tuple[int, str], RegistryDataset] = {}
    for row in rows:
        dataset = parse_dataset(row)
        unique.setdefault((dataset.run_number, dataset.name), dataset)
    return list(unique.values())


def _run_number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        raise WrongShape(REGISTRY, key="run_number")
    return value


def mapping(value: Any, key: str) -> dict[str, Any]:
    """Return the JSON object `value`, empty if it is None. Raises `WrongShape` with `key`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongShape(REGISTRY, key=key)
    return value


def text(value: Any, key: str) -> str | None:
    """Return the string `value` without NUL characters, or None. Raises `WrongShape` with `key`."""
    if value is not None and not isinstance(value, str):
        raise WrongShape(REGISTRY, key=key)
    return value.replace("\x00", "") if value else value
