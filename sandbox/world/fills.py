"""Fills: 42 from the fill table of CMS, the others derived from their runs."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from sandbox.world.columns import FILL_COLUMNS
from sandbox.world.runs import ERA, runs
from sandbox.world.tables import Row, rows_of, value_of

# Attributes of OMS that are not in the sources.
UNKNOWN_COLUMNS = [
    "end_time",
    "init_lumi",
    "beta_star_start",
    "beta_star_stop",
    "delivered_lumi_stablebeams",
    "recorded_lumi_stablebeams",
    "downtime",
    "to_ready_time",
    "to_dump_ready_time",
    "dump_ready_to_dump_time",
]


def _most_common(members: list[Row], attribute: str) -> object:
    """Return the most common value of the runs of a fill (there are cosmic runs within proton fills), or None."""
    values = [row[attribute] for row in members if row[attribute] is not None]
    return max(values, key=values.count) if values else None


def _derive_fill(number: int, members: list[Row]) -> Row:
    row: Row = dict.fromkeys([*FILL_COLUMNS, *UNKNOWN_COLUMNS])
    common = {name: _most_common(members, name) for name in ("energy", "fill_type_party1", "fill_type_party2")}
    row.update(common)  # type: ignore[arg-type]
    return row | {
        "fill_number": number,
        "era": ERA,
        "fill_type_runtime": "PROTONS" if common["fill_type_party1"] == "PROTON" else None,
        "stable_beams": any(bool(member["stable_beam"]) for member in members),
        "first_run_number": min(int(str(member["run_number"])) for member in members),
        "last_run_number": max(int(str(member["run_number"])) for member in members),
    }


@cache
def fills() -> dict[int, Row]:
    """Return the fills of all runs by number, with the attributes of `fills` of OMS."""
    members: dict[int, list[Row]] = defaultdict(list)
    for run in runs().values():
        if isinstance(run["fill_number"], int):
            members[run["fill_number"]].append(run)
    known = {
        int(line["fill_number"]): {key: value_of(text) for key, text in line.items()} for line in rows_of("fills.tsv")
    }
    return {number: _derive_fill(number, members[number]) | known.get(number, {}) for number in sorted(members)}
