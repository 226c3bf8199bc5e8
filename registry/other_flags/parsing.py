"""Parses what Run Registry gives of other detectors: flags by lumisection, bits, states. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from infrastructure.http.errors import WrongShape
from infrastructure.http.values import short_text
from infrastructure.number_ranges import NumberRange, merged_ranges
from registry.flag_ranges import DamagedRanges, check_beginnings, parse_flag_range
from registry.other_flags.names import BITS, PRESCALE_INDEX, RUN_ATTRIBUTES, WORKSPACES
from registry.parsing import RowReader, parse_dataset
from registry.service import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRACKER = "tracker-"
_MAX_NAME_LENGTH = 60
_TYPES: dict[str, type] = {**dict.fromkeys(BITS, bool), PRESCALE_INDEX: int}
# (first, last, value), both ends included.
ValueRange = tuple[int, int, Any]


@dataclass(frozen=True)
class ListedDataset:
    """A dataset that Run Registry lists, `name` without white space around it, `registry_name` as it is there.

    `states`: {workspace: state}; `run`: the attributes of the run in Run Registry. Absent ones are left out.
    """

    run_number: int
    name: str
    registry_name: str
    states: dict[str, str] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OtherFlags:
    """What Run Registry gives of a dataset besides the Tracker, ranges with both ends included.

    `columns`: {column: [first, last, status]}. `bits`: {bit: [first, last, value]}, unknown values left out. `rows`:
    the lumisections that Run Registry has from OMS; no others are in its own golden JSON.
    """

    columns: dict[str, list[ValueRange]]
    bits: dict[str, list[ValueRange]]
    rows: list[tuple[int, int]]
    states: dict[str, str]
    run: dict[str, Any]

    @property
    def content(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


def parse_listed(row: Any) -> ListedDataset:
    """Parse one uncompressed row of a dataset. Raises `WrongShape` without a run number or name."""
    dataset, reader = parse_dataset(row), RowReader()
    attributes = reader.mapping(row.get("dataset_attributes"), "dataset_attributes")
    run = reader.mapping(reader.mapping(row.get("Run"), "Run").get("rr_attributes"), "rr_attributes")
    states = {name: reader.text(attributes.get(f"{name}_state"), name) for name in WORKSPACES}
    return ListedDataset(
        dataset.run_number,
        dataset.name,
        dataset.registry_name,
        {name: state for name, state in states.items() if state},
        {name: run[name] for name in RUN_ATTRIBUTES if isinstance(run.get(name), str | bool) and run[name] != ""},
    )


def parse_other_flags(listed: ListedDataset, columns: dict[str, Any], rows: list[Any]) -> OtherFlags:
    """Parse the flags by column and the ranges of bits. Raises `DamagedRanges` or `WrongShape`."""
    check_beginnings({name: columns[name] for name in sorted(columns) if columns[name]})
    others = {name for name in columns if not name.startswith(_TRACKER) and len(name) <= _MAX_NAME_LENGTH}
    flags = {name: _column(columns[name], name) for name in sorted(others)}
    spans = _row_spans(rows)
    return OtherFlags(
        {name: ranges for name, ranges in flags.items() if ranges},
        {name: ranges for name in _TYPES if (ranges := _ranges_of(name, spans))},
        merged_ranges((first, last) for first, last, _ in spans),
        listed.states,
        listed.run,
    )


def _column(ranges: list[Any], name: str) -> list[ValueRange]:
    """Return the ranges that have a status. Raises `DamagedRanges`."""
    with_status = [entry for entry in ranges if not isinstance(entry, dict) or "status" in entry]
    parsed = sorted(parse_flag_range(entry, name) for entry in with_status)
    _check_disjoint([(first, last) for first, last, _ in parsed], name)
    return _joined((first, last, status) for first, last, (status, *_) in parsed)


def _check_disjoint(ranges: list[NumberRange], name: str) -> None:
    for (_, last), (first, _last) in pairwise(ranges):
        if first <= last:
            raise DamagedRanges(f"ranges of {name} overlap (to {last} and from {first})")


def _row_spans(rows: list[Any]) -> list[ValueRange]:
    """Return (first, last, values) of the lumisections that have a row. Raises `DamagedRanges` or `WrongShape`."""
    spans: list[ValueRange] = []
    for row in rows:
        ends = [row.get(key) for key in ("start", "end")] if isinstance(row, dict) else []
        match ends:
            case [int() as first, int() as last] if 0 < first <= last and not isinstance(first, bool):
                spans.append((first, last, row))
            case _:
                raise WrongShape(REGISTRY, key=f"start and end of {short_text(row)}")
    _check_disjoint([(first, last) for first, last, _ in spans], "the bits of OMS")
    return [span for span in spans if "err" not in span[2]]


def _ranges_of(name: str, spans: list[ValueRange]) -> list[ValueRange]:
    values = ((first, last, row.get(name)) for first, last, row in spans)
    return _joined((first, last, value) for first, last, value in values if type(value) is _TYPES[name])


def _joined(ranges: Iterable[ValueRange]) -> list[ValueRange]:
    """Join neighbours of equal value."""
    joined: list[ValueRange] = []
    for first, last, value in ranges:
        if joined and joined[-1][1:] == (first - 1, value):
            joined[-1] = (joined[-1][0], last, value)
        else:
            joined.append((first, last, value))
    return joined
