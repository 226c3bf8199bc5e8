"""What Run Registry says of a dataset's Tracker components, lumisection by lumisection, as counts.

The words of its columns and statuses are its own; the components are those that CertHelper certifies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infrastructure.http.errors import WrongShape
from registry import parsing
from registry.parsing import RegistryDataset
from registry.service import REGISTRY

COLUMNS = {"pixel": "tracker-pixel", "strip": "tracker-strip", "tracking": "tracker-track"}
GOOD, BAD, EXCLUDED, MIXED, NOT_FLAGGED = "good", "bad", "excluded", "mixed", "not flagged"
_TEXT_KEYS = ("causes", "comments")
Counts = Mapping[str, int]


@dataclass(frozen=True)
class ComponentStatus:
    """What the counts of one component come to: a word, on how many lumisections (of a mixed one: bad), of how many."""

    status: str
    lumisections: int
    total: int

    def __str__(self) -> str:
        return f"mixed, {self.lumisections} of {self.total} bad" if self.status == MIXED else self.status


@dataclass(frozen=True)
class FlaggedDataset:
    """A dataset with its counts ({component: {status: lumisections}}) and what tells the run type of its run."""

    dataset: RegistryDataset
    counts: Mapping[str, Counts]
    hlt_key: str | None = None
    stable_beam: bool | None = None

    @property
    def run_number(self) -> int:
        return self.dataset.run_number

    def component_status(self, component: str) -> ComponentStatus:
        return component_status(self.counts.get(component, {}))


def component_status(counts: Counts) -> ComponentStatus:
    """The word for these counts. Beside EXCLUDED no other status but GOOD and BAD says anything of the component."""
    good, bad, excluded = (counts.get(status, 0) for status in ("GOOD", "BAD", "EXCLUDED"))
    of = sum(counts.values())
    if good and bad:
        return ComponentStatus(MIXED, bad, of)
    found = ((GOOD, good), (BAD, bad), (EXCLUDED, excluded))
    word, lumisections = next(((word, count) for word, count in found if count), (NOT_FLAGGED, of))
    return ComponentStatus(word, lumisections, of)


def parse_flagged_datasets(rows: Iterable[Any]) -> list[FlaggedDataset]:
    """The rows with their counts, each (run, name) once. Raises `WrongShape` naming the key."""
    unique: dict[tuple[int, str], FlaggedDataset] = {}
    for row in rows:
        one = parse_flagged_dataset(row)
        unique.setdefault((one.dataset.run_number, one.dataset.name), one)
    return list(unique.values())


def parse_flagged_dataset(row: Any) -> FlaggedDataset:
    """One row as the server sends it. Absent columns and statuses are normal: nobody has flagged them."""
    dataset = parsing.parse_dataset(row)
    oms = parsing.mapping(parsing.mapping(row.get("Run"), "Run").get("oms_attributes"), "oms_attributes")
    kept = parsing.mapping(row.get("DatasetTripletCache"), "DatasetTripletCache")
    summary = parsing.mapping(kept.get("triplet_summary"), "triplet_summary")
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
