"""Lumisections of one dataset as lists and ranges: responses of the URLs `lumisections/...`."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from sandbox import world
from sandbox.registry.edited_flags import ranges_by_column
from sandbox.registry.errors import RegistryError
from sandbox.registry.flags import FlagRanges, detector_ranges
from sandbox.registry.histories import detector_history, flag_history
from sandbox.registry.rows import ONLINE, dataset_names

if TYPE_CHECKING:
    from sandbox.registry.state import RegistryState

NO_DATA = {"err": "No data available for this lumisection"}


def requested_dataset(body: dict[str, Any]) -> tuple[int, str]:
    """Return run number and dataset name of a request. Raises `RegistryError`."""
    number, name = body.get("run_number"), body.get("dataset_name", ONLINE)
    try:
        return int(str(number)), str(name)
    except ValueError:
        raise RegistryError(f'invalid input syntax for type integer: "{number}"') from None


def _requested_flag_ranges(state: RegistryState, body: dict[str, Any]) -> FlagRanges:
    return state.flag_ranges(*requested_dataset(body))


def _requested_detector_ranges(body: dict[str, Any]) -> FlagRanges:
    """Return the ranges of the run, which a dataset name that the run does not have leaves as they are."""
    number, _ = requested_dataset(body)
    return detector_ranges(number) if number in dataset_names() else []


def rr_lumisections(state: RegistryState, body: dict[str, Any]) -> list[Any]:
    """Return the flags of each lumisection; index i is lumisection i + 1."""
    return [content for first, last, content in _requested_flag_ranges(state, body) for _ in range(first, last + 1)]


def rr_lumisection_ranges(state: RegistryState, body: dict[str, Any]) -> list[Any]:
    """Return the ranges with the same flags, both ends inclusive."""
    return [content | {"start": first, "end": last} for first, last, content in _requested_flag_ranges(state, body)]


def rr_lumisection_ranges_by_component(state: RegistryState, body: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the ranges of each column."""
    edited = state.edited_flags(*requested_dataset(body))
    if edited is not None:
        return ranges_by_column(edited)
    ranges_of: dict[str, list[Any]] = {}
    for first, last, content in _requested_flag_ranges(state, body):
        for column, flag in content.items():
            _extend_ranges(ranges_of.setdefault(column, []), flag, first, last)
    return ranges_of


def _extend_ranges(ranges: list[Any], flag: dict[str, Any], first: int, last: int) -> None:
    if ranges and flag == {key: value for key, value in ranges[-1].items() if key not in ("start", "end")}:
        ranges[-1]["end"] = last
    else:
        ranges.append(flag | {"start": first, "end": last})


def _lumisection_luminosities(run_number: int) -> dict[int, dict[str, Any]]:
    """Return delivered and recorded luminosity of each lumisection in 1/pb: differences of rows, 0 for the last."""
    rows: list[Any] = world.lumisections_rows(run_number)
    return {row["lumisection_number"]: _luminosity_step(row, after) for row, after in zip_longest(rows, rows[1:])}


def _luminosity_step(row: dict[str, Any], after: dict[str, Any] | None) -> dict[str, Any]:
    def step(name: str) -> float | None:
        if after is None:
            return 0.0
        if row[name] is None or after[name] is None:
            return None
        return max(0.0, round(float(after[name] - row[name]), 6))

    return {"recorded": step("recorded_lumi"), "delivered": step("delivered_lumi")}


def oms_lumisections(_state: RegistryState, body: dict[str, Any]) -> list[Any]:
    """Return the detector flags of each lumisection in OMS."""
    steps = _lumisection_luminosities(requested_dataset(body)[0])
    return [
        steps[number] | content if content else NO_DATA
        for first, last, content in _requested_detector_ranges(body)
        for number in range(first, last + 1)
    ]


def oms_lumisection_ranges(_state: RegistryState, body: dict[str, Any]) -> list[Any]:
    """Return the ranges with the same detector flags."""
    return [
        (content or NO_DATA) | {"start": first, "end": last}
        for first, last, content in _requested_detector_ranges(body)
    ]


def oms_lumisection_ranges_by_dcs_bit(_state: RegistryState, body: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the ranges of each detector flag, luminosity and name of a prescale column."""
    rows = oms_lumisections(_state, body)
    ranges_by_bit: dict[str, list[Any]] = {bit: [] for row in rows for bit in row}
    for number, row in enumerate(rows, start=1):
        for bit, ranges in ranges_by_bit.items():
            _extend_ranges(ranges, {"status": row[bit]} if bit in row else {}, number, number)
    return ranges_by_bit


def joint_lumisection_ranges(state: RegistryState, body: dict[str, Any]) -> list[Any]:
    """Return the ranges with the same flags of Run Registry and OMS and the same luminosity per lumisection.

    In collisions each lumisection is then a range.
    """
    flags, detectors = rr_lumisections(state, body), oms_lumisections(state, body)
    nothing: dict[str, Any] = {}
    ranges: list[Any] = []
    for number, (content, flagged) in enumerate(zip_longest(detectors, flags, fillvalue=nothing), start=1):
        joint = content | flagged
        if ranges and joint == {name: value for name, value in ranges[-1].items() if name not in ("start", "end")}:
            ranges[-1]["end"] = number
        else:
            ranges.append(joint | {"start": number, "end": number})
    return ranges


def get_rr_lumisection_history(state: RegistryState, body: dict[str, Any]) -> list[Any]:
    """Return who set which flags of a dataset."""
    return flag_history(state, *requested_dataset(body))


def get_oms_lumisection_history(_state: RegistryState, body: dict[str, Any]) -> list[Any]:
    """Return who set which detector flags of a dataset."""
    return detector_history(*requested_dataset(body))


LUMISECTION_LISTS = {
    function.__name__: function
    for function in (
        rr_lumisections,
        rr_lumisection_ranges,
        rr_lumisection_ranges_by_component,
        oms_lumisections,
        oms_lumisection_ranges,
        oms_lumisection_ranges_by_dcs_bit,
        get_rr_lumisection_history,
        get_oms_lumisection_history,
        joint_lumisection_ranges,
    )
}
