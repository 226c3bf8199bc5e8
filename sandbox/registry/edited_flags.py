"""Flags of an edited dataset: its first flags with all events applied, as the backend reads them.

The reading functions have its peculiarities: after an event below lumisection 1 the ranges are EMPTY throughout and
those by column are shifted, since both count rows from 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sandbox.registry.flags import EMPTY, FlagRanges, Triplet
from sandbox.registry.javascript import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# {lumisection: {column: triplet}}, by lumisection.
LumisectionFlags = dict[int, dict[str, Any]]
Row = dict[str, Any]


@dataclass(frozen=True)
class FlagEvent:
    """Flags that were set for lumisections. `is_manual` is False for the author auto@auto, whom any person overrules.

    `version` numbers all events; `signature` has the keys by, comment and createdAt.
    """

    version: int
    is_manual: bool
    lumisections: tuple[int, ...]
    flags: dict[str, Any]
    signature: Row

    @property
    def rank(self) -> tuple[bool, int]:
        """Return the sort key: events of people come last and so win, then the newest."""
        return self.is_manual, self.version


def merged_flags(first: FlagRanges, events: Iterable[FlagEvent]) -> LumisectionFlags:
    """Apply the events to the first flags of a dataset."""
    rows: LumisectionFlags = {number: flags for a, b, flags in first for number in range(a, b + 1)}
    for event in sorted(events, key=lambda event: event.rank):
        rows = with_event(rows, event)
    return rows


def with_event(rows: LumisectionFlags, event: FlagEvent) -> LumisectionFlags:
    """Apply an event that comes after all others."""
    changed = rows | {number: rows.get(number, {}) | event.flags for number in event.lumisections}
    return changed if changed.keys() == rows.keys() else dict(sorted(changed.items()))


def _columns(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(column for flags in rows for column in flags))


def ranges(rows: LumisectionFlags) -> FlagRanges:
    """Return (first, last, {column: triplet}) from lumisection 1 to the last; EMPTY where there is no flag."""
    columns = _columns(rows.values())
    is_damaged = min(rows, default=1) < 1
    present = {} if is_damaged else rows
    complete = (
        (number, {column: present.get(number, {}).get(column, EMPTY) for column in columns})
        for number in range(1, max(rows, default=0) + 1)
    )
    result: FlagRanges = []
    for number, flags in complete:
        if result and result[-1][2] == flags:
            result[-1] = (result[-1][0], number, flags)
        else:
            result.append((number, number, flags))
    return result


def ranges_by_column(rows: LumisectionFlags) -> dict[str, list[Row]]:
    """Return the ranges of each column. Rows are counted, not their numbers read, and a missing flag is a range."""
    all_flags = list(rows.values())
    return {column: _column_ranges([flags.get(column) for flags in all_flags]) for column in _columns(all_flags)}


def _column_ranges(triplets: list[Triplet | None]) -> list[Row]:
    found: list[Row] = []
    for place, triplet in enumerate(triplets, start=1):
        if place > 1 and triplet is not None and triplet == triplets[place - 2]:
            found[-1]["end"] = place
        else:
            found.append((triplet or {}) | {"start": place, "end": place})
    return found


def summary(rows: LumisectionFlags, known: Collection[int]) -> dict[str, Row]:
    """Return {column: {status: count, EMPTY, causes, comments}} over the lumisections that OMS has (`known`)."""
    counted = [rows.get(number, {}) for number in sorted(known)]
    return {column: _column_summary(counted, column) for column in _columns(counted)}


def _column_summary(counted: list[dict[str, Any]], column: str) -> Row:
    result: Row = {"EMPTY": 0, "causes": [], "comments": []}
    for flags in counted:
        triplet = flags.get(column, EMPTY)
        status = text_of(triplet["status"])
        result[status] = result.get(status, 0) + 1
        for name, texts in (("cause", result["causes"]), ("comment", result["comments"])):
            if triplet[name] != "" and triplet[name] not in texts:
                texts.append(triplet[name])
    return result


def status_ranges(rows: LumisectionFlags, known: Collection[int]) -> dict[str, dict[str, list[list[int]]]]:
    """Return {column: {status: [[first, last]]}} up to the last lumisection of OMS; EMPTY where it has none."""
    numbers = range(1, max(known, default=0) + 1)
    counted = {number: rows.get(number, {}) if number in known else {} for number in numbers}
    return {column: _status_ranges(counted, column) for column in _columns(counted.values())}


def _status_ranges(counted: LumisectionFlags, column: str) -> dict[str, list[list[int]]]:
    result: dict[str, list[list[int]]] = {"EMPTY": []}
    for status, same in groupby(counted, key=lambda number: text_of(counted[number].get(column, EMPTY)["status"])):
        stretch = list(same)
        result.setdefault(status, []).append([stretch[0], stretch[-1]])
    return result
