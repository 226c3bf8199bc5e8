"""The lumisections of 779 runs, stored run-length encoded and decoded on access."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sandbox.world.columns import BITS, LUMINOSITIES, LUMINOSITIES_OF_ONE
from sandbox.world.runs import runs
from sandbox.world.tables import FOLDER, LUMISECTION_SECONDS, Row, as_text, moment

Segment = tuple[int, int, int]


@dataclass(frozen=True)
class Lumisections:
    """The encoded lumisections of one run.

    `segments`: (first, last, flags) of contiguous ranges with the same flags; bits as in BITS.
    """

    run_number: int
    count: int
    segments: tuple[Segment, ...]
    packed: dict[str, Any]

    @property
    def last(self) -> int:
        """Return the last lumisection with a row in OMS (can be larger than the last active one)."""
        return self.segments[-1][1]


def is_on(flags: int, bit: str) -> bool:
    """Return whether the flag with this name is set."""
    return bool(flags >> BITS.index(bit) & 1)


def _unpacked(lengths: list[list[Any]]) -> list[Any]:
    return [value for value, count in lengths for _ in range(count)]


def _numbers(line: dict[str, Any]) -> list[int]:
    return [offset + index for index, offset in enumerate(_unpacked(line["numbers"]))]


def _segments(line: dict[str, Any]) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    for number, flags in zip(_numbers(line), _unpacked(line["flags"]), strict=True):
        if segments and segments[-1][1] == number - 1 and segments[-1][2] == flags:
            segments[-1] = (segments[-1][0], number, flags)
        else:
            segments.append((number, number, flags))
    return tuple(segments)


@cache
def _lumisections_by_run() -> dict[int, Lumisections]:
    text = gzip.decompress((FOLDER / "lumisections.jsonl.gz").read_bytes()).decode()
    lines = (json.loads(line) for line in text.splitlines())
    return {
        line["run"]: Lumisections(line["run"], sum(n for _, n in line["numbers"]), _segments(line), line)
        for line in lines
    }


def lumisections_of(run_number: int) -> Lumisections | None:
    """Return the lumisections of a run, or None without rows."""
    return _lumisections_by_run().get(run_number)


def runs_with_lumisections() -> list[int]:
    """Return the numbers of the runs with rows, oldest first."""
    return list(_lumisections_by_run())


def pileups_of(run_number: int) -> dict[int, float | None]:
    """Return {lumisection: pile-up} of a run, None where OMS has none."""
    known = lumisections_of(run_number)
    if known is None:
        return {}
    return dict(zip(_numbers(known.packed), _unpacked(known.packed["pileup"]), strict=True))


@lru_cache(maxsize=64)
def lumisections_rows(run_number: int) -> list[Row]:
    """Return the rows of a run with the attributes of `lumisections` of OMS.

    Delivered and recorded luminosity count from the start of the fill; end_lumi is the next row's init_lumi. OMS has
    luminosities of single lumisections for newer runs only.
    """
    known = lumisections_of(run_number)
    if known is None:
        return []
    start = moment(str(runs()[run_number]["start_time"]))
    columns = {name: _unpacked(known.packed[name]) for name in LUMINOSITIES}
    columns["end_lumi"] = [*columns["init_lumi"][1:], known.packed["end_lumi_last"]]
    columns["fill_number"] = _unpacked(known.packed["fills"])
    flags, numbers = _unpacked(known.packed["flags"]), _numbers(known.packed)
    return [
        {"run_number": run_number, "lumisection_number": number}
        | {name: values[index] for name, values in columns.items()}
        | dict.fromkeys(LUMINOSITIES_OF_ONE)
        | _flags(flags[index])
        | _times(start, number)
        for index, number in enumerate(numbers)
    ]


def _flags(flags: int) -> Row:
    row: Row = {bit: is_on(flags, bit) for bit in BITS}
    return row | {
        "beam_present": is_on(flags, "beam1_present") and is_on(flags, "beam2_present"),
        "beams_stable": is_on(flags, "beam1_stable") and is_on(flags, "beam2_stable"),
    }


def _times(start: datetime, number: int) -> Row:
    return {
        "start_time": as_text(start + timedelta(seconds=(number - 1) * LUMISECTION_SECONDS)),
        "end_time": as_text(start + timedelta(seconds=number * LUMISECTION_SECONDS)),
    }
