"""A row of Run Registry's datasets becomes a `RegistryDataset`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infrastructure.http.errors import WrongShape
from registry.service import REGISTRY

ONLINE = "online"


@dataclass(frozen=True)
class RegistryDataset:
    """One dataset of one run. `state` is the Tracker's own, `run_state` and `run_class` are the online run's.

    `name` is clean; `registry_name` is as Run Registry has it (some end in a newline), for asking about it again.
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
        """Whether Run Registry has it open for Tracker."""
        return self.state == "OPEN"


def run_type_in(words: str | None) -> str | None:
    """The run type that a class or a dataset's name says in its words; None where it says none."""
    lowered = (words or "").lower()
    return next((kind + "s" for kind in ("collision", "cosmic") if kind in lowered), None)


def reconstruction_in(name: str) -> str | None:
    """The reconstruction that a dataset's name says; "UL" counts in capitals only. None: the name says none."""
    lowered = name.lower()
    if "express" in lowered:
        return "express"
    if "prompt" in lowered:
        return "prompt"
    if "rereco" in lowered:
        return "rerecoul" if "UL" in name else "rereco"
    return None


def parse_dataset(row: Any) -> RegistryDataset:
    """One row as the server sends it (not compressed). Absent states are normal; raises `WrongShape` naming the key."""
    row = mapping(row, "datasets")
    name = text(row.get("name"), "name")
    if not name or not name.strip():
        raise WrongShape(REGISTRY, key="name")
    run = mapping(mapping(row.get("Run"), "Run").get("rr_attributes"), "rr_attributes")
    own = mapping(row.get("dataset_attributes"), "dataset_attributes")
    return RegistryDataset(
        run_number=_run_number(row.get("run_number")),
        name=name.strip(),
        reconstruction=reconstruction_in(name),
        state=text(own.get("tracker_state"), "tracker_state"),
        run_class=text(run.get("class"), "class"),
        run_state=text(run.get("state"), "state"),
        registry_name=name,
    )


def parse_datasets(rows: Iterable[Any]) -> list[RegistryDataset]:
    """All rows, each (run, name) once: paging without a snapshot repeats rows, and dirt makes twins."""
    unique: dict[tuple[int, str], RegistryDataset] = {}
    for row in rows:
        one = parse_dataset(row)
        unique.setdefault((one.run_number, one.name), one)
    return list(unique.values())


def _run_number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        raise WrongShape(REGISTRY, key="run_number")
    return value


def mapping(value: Any, key: str) -> dict[str, Any]:
    """The object under `key`; an absent one is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongShape(REGISTRY, key=key)
    return value


def text(value: Any, key: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise WrongShape(REGISTRY, key=key)
    return value.replace("\x00", "") if value else value
