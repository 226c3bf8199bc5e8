"""Flags of the lumisections of datasets as ranges, and their counts. All values are derived."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sandbox import world
from sandbox.registry.columns import DETECTOR_OF, DETECTOR_OF_BIT, OFFLINE_ONLY
from sandbox.world.columns import BITS
from sandbox.world.lumisections import is_on

if TYPE_CHECKING:
    from collections.abc import Callable

Triplet = dict[str, str]
Range = tuple[int, int]


class FlaggedState(Enum):
    """Which flags a dataset has: `online` none of tracks; an open one has NOTSET what no rule sets.

    In a certified one the groups that judge by hand have called all good (derived).
    """

    ONLINE = "online"
    OPEN = "open"
    CERTIFIED = "certified"


OUTSIDE_GOLDEN = "outside the golden lumisections of 2018"
EMPTY: Triplet = {"status": "EMPTY", "comment": "", "cause": ""}
STRIP_BITS = ("tibtid_ready", "tob_ready", "tecp_ready", "tecm_ready")
_PIXEL = ("bpix_ready", "fpix_ready")


def triplet(status: str, comment: str = "") -> Triplet:
    """Return a flag in the format of Run Registry."""
    return {"cause": "", "status": status, "comment": comment}


def _components(run_number: int) -> list[str]:
    return world.runs()[run_number]["components"]  # type: ignore[return-value]


def _detector_status(flags: int, components: list[str], detector: str, partitions: tuple[str, ...]) -> str:
    """Return EXCLUDED without the detector, STANDBY with all partitions off, else GOOD."""
    if detector not in components:
        return "EXCLUDED"
    return "GOOD" if any(is_on(flags, bit) for bit in partitions) else "STANDBY"


def _tracking_status(pixel: str, strip: str) -> str:
    """Return GOOD if both are, else the worse of the two."""
    return next((status for status in ("EXCLUDED", "STANDBY") if status in (pixel, strip)), "GOOD")


def _tracker_flags(flags: int, components: list[str], golden: bool | None, dataset: FlaggedState) -> dict[str, Triplet]:
    pixel = _detector_status(flags, components, "PIXEL", _PIXEL)
    strip = _detector_status(flags, components, "TRACKER", STRIP_BITS)
    columns = {"tracker-pixel": triplet(pixel), "tracker-strip": triplet(strip)}
    if dataset == FlaggedState.OPEN:
        columns["tracker-track"] = triplet("NOTSET")
    elif dataset == FlaggedState.CERTIFIED:
        outside = golden is False
        track = triplet("BAD", OUTSIDE_GOLDEN) if outside else triplet(_tracking_status(pixel, strip))
        columns["tracker-track"] = track
    return columns


def _other_flags(components: list[str], dataset: FlaggedState) -> dict[str, Triplet]:
    taking_part = {
        column: triplet("GOOD" if detector in components else "EXCLUDED") for column, detector in DETECTOR_OF.items()
    }
    if dataset == FlaggedState.ONLINE:
        return taking_part
    set_by_people = "GOOD" if dataset == FlaggedState.CERTIFIED else "NOTSET"
    offline = {column: set_by_people if status == "NOTSET" else status for column, status in OFFLINE_ONLY.items()}
    return taking_part | {column: triplet(status) for column, status in offline.items()}


def _split_at_golden(first: int, last: int, golden: list[Range]) -> list[tuple[int, int, bool]]:
    """Split a range at the borders of the golden ranges."""
    borders = sorted({first, *(edge for a, b in golden for edge in (a, b + 1) if first < edge <= last), last + 1})
    pairs = pairwise(borders)
    return [(a, b - 1, any(x <= a <= y for x, y in golden)) for a, b in pairs]


def _stretches(run_number: int) -> list[tuple[int, int, int, bool | None]]:
    """Return (first, last, flags, golden or None) for the ranges with rows in OMS."""
    known = world.lumisections_of(run_number)
    golden = world.golden_ranges().get(run_number)
    stretches: list[tuple[int, int, int, bool | None]] = []
    for first, last, flags in known.segments if known else ():
        parts = _split_at_golden(first, last, golden) if golden else [(first, last, None)]
        stretches.extend((a, b, flags, is_golden) for a, b, is_golden in parts)
    return stretches


FlagRanges = list[tuple[int, int, dict[str, Any]]]


def _contiguous(stretches: FlagRanges, hole: dict[str, Any]) -> FlagRanges:
    """Make ranges contiguous from 1: merge neighbours with the same content and fill gaps with `hole`."""
    merged: FlagRanges = []
    for first, last, content in stretches:
        reached = merged[-1][1] if merged else 0
        if first > reached + 1:
            merged.append((reached + 1, first - 1, hole))
        if merged and merged[-1][2] == content:
            merged[-1] = (merged[-1][0], last, content)
        else:
            merged.append((first, last, content))
    return merged


@lru_cache(maxsize=4096)
def flag_ranges(run_number: int, dataset: FlaggedState) -> FlagRanges:
    """Return (first, last, {column: triplet}). A new range begins where any flag changes."""
    components = _components(run_number)
    others = _other_flags(components, dataset)
    stretches = [
        (first, last, others | _tracker_flags(flags, components, golden, dataset))
        for first, last, flags, golden in _stretches(run_number)
    ]
    hole = dict.fromkeys(stretches[0][2], EMPTY) if stretches else {}
    return _contiguous(stretches, hole)


def detector_ranges(run_number: int) -> FlagRanges:
    """Return (first, last, {bit: on, off or None}) of the flags of OMS."""
    run = world.runs()[run_number]
    index = run["initial_prescale_index"]
    stretches = [
        (first, last, _detector_bits(flags, _components(run_number), index))
        for first, last, flags, _ in _stretches(run_number)
    ]
    return _contiguous(stretches, {})


def _detector_bits(flags: int, components: list[str], prescale_index: Any) -> dict[str, Any]:
    active = is_on(flags, "cms_active")
    bits: dict[str, Any] = {
        bit: active and detector is not None and detector in components for bit, detector in DETECTOR_OF_BIT.items()
    }
    bits |= {bit: is_on(flags, bit) for bit in BITS}
    name = None if prescale_index is None else f"column {prescale_index}"
    return bits | {"prescale_name": name, "rp_time_ready": None, "prescale_index": prescale_index}


def _count_lumisections(ranges: FlagRanges, column: str, get_status: Callable[[Any], str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for first, last, content in ranges:
        counted[get_status(content[column])] += last - first + 1
    return counted


@lru_cache(maxsize=4096)
def triplet_summary(run_number: int, dataset: FlaggedState) -> dict[str, dict[str, Any]]:
    """Return {column: {status: lumisections, EMPTY: 0, causes, comments}}, or {} without rows in OMS."""
    ranges = [stretch for stretch in flag_ranges(run_number, dataset) if stretch[2]["tracker-pixel"] is not EMPTY]
    return {column: _column_summary(ranges, column) for column in (ranges[0][2] if ranges else ())}


def _column_summary(ranges: FlagRanges, column: str) -> dict[str, Any]:
    comments = {content[column]["comment"] for _, _, content in ranges} - {""}
    counted = _count_lumisections(ranges, column, lambda flag: flag["status"])
    return {"EMPTY": 0, "causes": [], "comments": sorted(comments), **counted}


BOOLEAN_NAMES = {True: "TRUE", False: "FALSE", None: "NULL"}


@lru_cache(maxsize=1024)
def dcs_summary(run_number: int) -> dict[str, dict[str, int]]:
    """Return {bit: {TRUE, FALSE, NULL, EMPTY}} with counts of the rows of OMS."""
    ranges = [stretch for stretch in detector_ranges(run_number) if stretch[2]]
    nothing = {"NULL": 0, "TRUE": 0, "EMPTY": 0, "FALSE": 0}
    known = world.lumisections_of(run_number)
    summary = {name: dict(nothing) for name in ("recorded", "delivered")}
    for bit in ranges[0][2] if ranges else ():
        counted = _count_lumisections(ranges, bit, lambda on: BOOLEAN_NAMES.get(on, ""))
        counted.pop("", None)  # names and indexes of prescale columns are counted only where they are null
        summary[bit] = nothing | counted
    return summary | {"ls_duration": {"TRUE": known.count}} if known else {}
