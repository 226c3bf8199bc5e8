"""Flags of the Tracker components of a dataset in Run Registry, as numbers of lumisections per status.

Column and status names are those of Run Registry; the components are those that CertHelper certifies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infrastructure.http.errors import WrongShape
from registry import parsing
from registry.service import REGISTRY

if TYPE_CHECKING:
    from registry.parsing import RegistryDataset

COLUMNS = {"pixel": "tracker-pixel", "strip": "tracker-strip", "tracking": "tracker-track"}
GOOD, BAD, EXCLUDED, MIXED, NOT_FLAGGED = "good", "bad", "excluded", "mixed", "not flagged"
_TEXT_KEYS = ("causes", "comments")
Counts = Mapping[str, int]


@dataclass(frozen=True)
class ComponentStatus:
    """Summary of the counts of one component.

    `status` holds on `lumisections` of `total` lumisections; for a mixed status `lumisections` counts the bad ones.
    """

    status: str
    lumisections: int
    total: int

    def __str__(self) -> str:
        return f"mixed, {self.lumisections} of {self.total} bad" if self.status == MIXED else self.status


@dataclass(frozen=True)
class FlaggedDataset:
    """A dataset with its counts, {component: {status: lumisections}}, and the values that determine the run type."""

    dataset: RegistryDataset
    counts: Mapping[str, Counts]
    hlt_key: str | None = None
    stable_beam: bool | None = None

    @property
    def run_number(self) -> int:
        return self.dataset.run_number

    def component_status(self, component: str) -> ComponentStatus:
        """Return the status of a component of this dataset."""
        return component_status(self.counts.get(component, {}))


def component_status(counts: Counts) -> ComponentStatus:
    """Return the status for these counts. Only the counts of GOOD, BAD and EXCLUDED decide it."""
    good, bad, excluded = (counts.get(status, 0) for status in ("GOOD", "BAD", "EXCLUDED"))
    total = sum(counts.values())
    if good and bad:
        return ComponentStatus(MIXED, bad, total)
    candidates = ((GOOD, good), (BAD, bad), (EXCLUDED, excluded))
    status, lumisections = next(((status, count) for status, count in candidates if count), (NOT_FLAGGED, total))
    return ComponentStatus(status, lumisections, total)


def parse_flagged_datasets(rows: Iterable[Any]) -> list[FlaggedDataset]:
    """Parse the rows, each (run, name) once. Raises `WrongShape` with the key."""
    unique: dict[tuple[int, str], FlaggedDataset] = {}
    for row in rows:
        flagged = parse_flagged_dataset(row)
        unique.setdefault((flagged.dataset.run_number, flagged.dataset.name), flagged)
    return list(unique.values())


def parse_flagged_dataset(row: Any) -> FlaggedDataset:
    """Parse one row of Run Registry. Columns and statuses that nobody has flagged are absent. Raises `WrongShape`."""
    dataset = parsing.parse_dataset(row)
    oms = parsing.mapping(parsing.mapping(row.get("Run"), "Run").get("oms_attributes"), "oms_attributes")
    cache = parsing.mapping(row.get("DatasetTripletCache"), "DatasetTripletCache")
    summary = parsing.mapping(cache.get("triplet_summary"), "triplet_summary")
    stable_beam = oms.get("stable_beam")
    return FlaggedDataset(
        dataset=dataset,
        counts={component: _counts(summary.get(column), column) for component, column in COLUMNS.items()},
        hlt_key=parsing.text(oms.get("hlt_key"), "hlt_key"),
        stable_beam=stable_beam if isinstance(stable_beam, bool) else None,
    )


def _counts(flags: Any, column: str) -> dict[str, int]:
    counted = {status: count for status, count in parsing.mapping(flags, column).items() if status not in _TEXT_KEYS}
    for count in counted.values():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise WrongShape(REGISTRY, key=column)
    return counted
