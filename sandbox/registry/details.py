"""One run, one dataset, and the lists of Run Registry without a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import world
from sandbox.registry.columns import DETECTOR_OF, OFFLINE_ONLY, TRACKER, WORKSPACES
from sandbox.registry.edited_flags import status_ranges
from sandbox.registry.flags import BOOLEAN_NAMES, FlagRanges, dcs_summary, detector_ranges
from sandbox.registry.rows import CACHE, ONLINE, WAITING, Row, flags_of, with_flags, without
from sandbox.registry.state import known_lumisections

if TYPE_CHECKING:
    from sandbox.registry.state import RegistryState

Pairs = dict[str, list[list[int]]]

UPDATED_COUNT = 50


def run_details(state: RegistryState, run_number: int) -> Row | None:
    """Return a run with its flags, or None."""
    row = state.run(run_number)
    return with_flags(row) if row else None


def last_updated_runs(state: RegistryState) -> list[Row]:
    """Return the runs that OMS changed last, newest first, without flags."""
    by_time = sorted(state.runs(), key=lambda row: str(row["oms_attributes"]["last_update"]), reverse=True)
    return [without(row, CACHE) for row in by_time[:UPDATED_COUNT]]


def waiting_datasets(state: RegistryState) -> list[Row]:
    """Return the datasets that wait for the DQM GUI in the global workspace, without run and flags."""
    waiting = [row for row in state.datasets() if row["dataset_attributes"].get("global_state") == WAITING]
    return [without(row, "Run", CACHE) for row in waiting]


def dataset_details(state: RegistryState, run_number: int, name: str) -> Row | None:
    """Return a dataset, also a hidden one, with its whole run and its whole cache row, or None."""
    row, run = state.dataset(run_number, name), state.run(run_number)
    if row is None or run is None:
        return None
    return row | {"Run": without(run, CACHE), CACHE: cache_row(state, row)}


def cache_row(state: RegistryState, row: Row) -> Row:
    """Return the counts, ranges and luminosities of a dataset."""
    number, name = row["run_number"], row["name"]
    run, edited = world.runs()[number], state.edited_flags(number, name)
    if edited is None:
        flag_pairs = _flag_pairs(state.flag_ranges(number, name))
    else:
        flag_pairs = status_ranges(edited, known_lumisections(number))
    return {
        "run_number": number,
        "name": name,
        "triplet_summary": flags_of(row),
        "dcs_summary": dcs_summary(number),
        "rr_ranges": flag_pairs,
        "dcs_ranges": _detector_pairs(detector_ranges(number)),
        "brilcalc_recorded_luminosity": run["recorded_lumi"],
        "brilcalc_delivered_luminosity": run["delivered_lumi"],
        "version": state.cache_version(number, name),
    }


def _flag_pairs(ranges: FlagRanges) -> dict[str, Pairs]:
    """Return {column: {status: [[first, last]]}}."""
    columns: dict[str, Pairs] = {}
    for first, last, content in ranges:
        for column, flag in content.items():
            _add(columns.setdefault(column, {"EMPTY": []}), flag["status"], first, last)
    return columns


def _detector_pairs(ranges: FlagRanges) -> dict[str, Pairs]:
    """Return {bit: {TRUE, FALSE, NULL, EMPTY: [[first, last]]}}. A value that is no bit is in none of them."""
    known = [stretch for stretch in ranges if stretch[2]]
    names = [*known[0][2], "recorded", "delivered", "all_lumisections"] if known else []
    bits: dict[str, Pairs] = {name: {"NULL": [], "TRUE": [], "EMPTY": [], "FALSE": []} for name in names}
    for first, last, content in known:
        _add(bits["all_lumisections"], "TRUE", first, last)
        for bit, value in content.items():
            if value is None or isinstance(value, bool):
                _add(bits[bit], BOOLEAN_NAMES[value], first, last)
    return bits


def _add(pairs: Pairs, status: str, first: int, last: int) -> None:
    """Add a range to those of its status, and join it with the one before if they touch."""
    ranges = pairs.setdefault(status, [])
    if ranges and ranges[-1][1] == first - 1:
        ranges[-1][1] = last
    else:
        ranges.append([first, last])


def workspaces(online_or_offline: str) -> list[Row]:
    """Return the workspaces of the online run or of the other datasets with their columns."""
    names = [*DETECTOR_OF, *TRACKER[:2]] if online_or_offline == ONLINE else [*DETECTOR_OF, *OFFLINE_ONLY, *TRACKER]
    if online_or_offline not in (ONLINE, "offline"):
        return []
    rows = [
        (workspace, [name.removeprefix(f"{workspace}-") for name in names if name.startswith(f"{workspace}-")])
        for workspace in WORKSPACES
    ]
    numbered = enumerate(sorted(row for row in rows if row[1] or row[0] == "global"), start=1)
    return [_workspace(number, name, columns, online_or_offline) for number, (name, columns) in numbered]


def _workspace(number: int, name: str, columns: list[str], online_or_offline: str) -> Row:
    with_ids = [
        {"id": 100 * number + place, "id_workspace": number, "name": column} for place, column in enumerate(columns)
    ]
    return {
        "id": number,
        "workspace": name,
        "online_or_offline": online_or_offline,
        "columns": columns,
        "columns_with_id": with_ids,
    }
