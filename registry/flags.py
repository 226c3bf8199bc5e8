"""Flags of the Tracker components of a dataset in Run Registry, as numbers of lumisections per status.

Column and status names are those of Run Registry; the components are those that CertHelper certifies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from infrastructure.http.values import short_text
from registry.parsing import ParsedRows, RegistryDataset, RowReader, parse_dataset, parse_rows

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
    """A dataset with its counts, {component: {status: lumisections}}, and the values that determine the run type.

    `has_twin`: Run Registry lists another one of this run that only white space in the name tells apart.
    """

    dataset: RegistryDataset
    counts: Mapping[str, Counts]
    hlt_key: str | None = None
    stable_beam: bool | None = None
    has_twin: bool = False

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


def parse_flagged_datasets(rows: Iterable[Any]) -> ParsedRows[FlaggedDataset]:
    """Parse the rows, each (run, name) once. Raises `WrongShape` if none of them can be used."""
    parsed = parse_rows(
        rows, parse_flagged_dataset, lambda flagged: (flagged.run_number, flagged.dataset.registry_name)
    )
    unique: dict[tuple[int, str], FlaggedDataset] = {}
    for flagged in parsed.rows:
        key = flagged.run_number, flagged.dataset.name
        unique[key] = replace(unique[key], has_twin=True) if key in unique else flagged
    return ParsedRows(list(unique.values()), parsed.unusable)


def parse_flagged_dataset(row: Any) -> FlaggedDataset:
    """Parse one row of Run Registry. Columns and statuses that nobody has flagged are absent.

    A column with an odd count is left out. Raises `WrongShape` for a row without a run number or name.
    """
    dataset, reader = parse_dataset(row), RowReader()
    cache = reader.mapping(row.get("DatasetTripletCache"), "DatasetTripletCache")
    summary = reader.mapping(cache.get("triplet_summary"), "triplet_summary")
    counts = {component: _counts(summary.get(column), column, reader) for component, column in COLUMNS.items()}
    hlt_key, stable_beam = _run_type_values(row)
    return FlaggedDataset(
        dataset=replace(dataset, left_out=(*dataset.left_out, *reader.left_out)),
        counts=counts,
        hlt_key=hlt_key,
        stable_beam=stable_beam,
    )


def parse_dataset_with_flags(row: Any) -> RegistryDataset:
    """Parse one row with the status of each component; without any status if a count cannot be used."""
    dataset, flagged = parse_dataset(row), parse_flagged_dataset(row)
    if flagged.dataset.left_out != dataset.left_out:
        return dataset
    return replace(dataset, flags=tuple((component, str(flagged.component_status(component))) for component in COLUMNS))


def _run_type_values(row: dict[str, Any]) -> tuple[str | None, bool | None]:
    """Return HLT key and stable beam. Odd values are not named: the run class and the dataset's name come first."""
    reader = RowReader()
    oms = reader.mapping(reader.mapping(row.get("Run"), "Run").get("oms_attributes"), "oms_attributes")
    stable_beam = oms.get("stable_beam")
    return reader.text(oms.get("hlt_key"), "hlt_key"), stable_beam if isinstance(stable_beam, bool) else None


def _counts(flags: Any, column: str, reader: RowReader) -> dict[str, int]:
    counted = {status: count for status, count in reader.mapping(flags, column).items() if status not in _TEXT_KEYS}
    odd = {status: count for status, count in counted.items() if not _is_count(count)}
    reader.left_out += [f"{column} {status} {short_text(count)}" for status, count in odd.items()]
    return {} if odd else counted


def _is_count(count: Any) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and count >= 0
