"""Runs and datasets of Run Registry. Classes, names and states are derived; other values are from OMS."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox import world
from sandbox.registry.columns import WORKSPACES
from sandbox.registry.flags import STRIP_BITS, FlaggedState, dcs_summary, triplet_summary
from sandbox.world.lumisections import is_on

Row = dict[str, Any]

FIRST_OPEN_RUN = 315190
LATE_RERECO_RUNS = (315257, 315322)
WAITING = "waiting dqm gui"
WAITING_COUNT = 10
ONLINE = "online"
CACHE = "DatasetTripletCache"


def is_global(run: Row) -> bool:
    """Return whether Run Registry has the run."""
    return bool(run["sequence"] == "GLOBAL-RUN")


def has_offline_datasets(run: Row) -> bool:
    """Return whether Pixel and Strip were included and the run has an active lumisection."""
    return {"PIXEL", "TRACKER"} <= set(run["components"]) and bool(run["last_lumisection_number"])


def run_class(run: Row) -> str:
    """Return Collisions18, Cosmics18 or Commissioning18."""
    if run["l1_hlt_mode"] == "collisions2018" and run["stable_beam"]:
        return "Collisions18"
    is_cosmics = run["l1_hlt_mode"] == "cosmics2018" and _could_record_tracks(run["run_number"])
    return "Cosmics18" if is_cosmics else "Commissioning18"


def _could_record_tracks(run_number: int) -> bool:
    """Return whether the whole Strip detector was on in some lumisection; also true where OMS has none of the run."""
    known = world.lumisections_of(run_number)
    return known is None or any(all(is_on(flags, bit) for bit in STRIP_BITS) for _, _, flags in known.segments)


def offline_names(run: Row) -> list[str]:
    """Return the names of the datasets of a run without `online`."""
    class_name = run_class(run)
    if not has_offline_datasets(run):
        return []
    if class_name == "Commissioning18":
        return ["/Express/Commissioning2018/DQM"]
    if class_name == "Cosmics18":
        return ["/Express/Cosmics2018/DQM", "/PromptReco/Cosmics2018A/DQM"]
    names = ["/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"]
    if run["run_number"] in world.golden_ranges():
        names += ["/ReReco/Run2018A_17Sep2018/DQM", "/ReReco/Run2018A_UL2019/DQM"]
    return names


@cache
def _waiting_runs() -> frozenset[int]:
    """Return the newest collision runs, whose prompt reconstruction is not in the DQM GUI yet."""
    collisions = [
        number
        for number, run in world.runs().items()
        if is_global(run) and has_offline_datasets(run) and run_class(run) == "Collisions18"
    ]
    return frozenset(collisions[-WAITING_COUNT:])


def tracker_state(run_number: int, name: str) -> str:
    """Return the state of the dataset in the tracker workspace."""
    if run_number in _waiting_runs() and name.startswith("/PromptReco"):
        return WAITING
    if name.startswith("/ReReco"):
        return "OPEN" if run_number in LATE_RERECO_RUNS else "COMPLETED"
    return "COMPLETED" if run_number < FIRST_OPEN_RUN else "OPEN"


def flagged_state(run_number: int, name: str) -> FlaggedState:
    """Return which flags a dataset has."""
    if name == ONLINE:
        return FlaggedState.ONLINE
    return FlaggedState.OPEN if tracker_state(run_number, name) == "OPEN" else FlaggedState.CERTIFIED


def _online_state(run: Row) -> str:
    if run["run_number"] < FIRST_OPEN_RUN:
        return "COMPLETED"
    is_signed_off = has_offline_datasets(run) and world.lumisections_of(run["run_number"]) is not None
    return "SIGNOFF" if is_signed_off else "OPEN"  # a run without lumisections cannot be signed off


def _is_significant(run: Row) -> bool:
    return has_offline_datasets(run) or world.lumisections_of(run["run_number"]) is not None


def _oms_attributes(run: Row) -> Row:
    """Return the attributes of OMS that Run Registry stores."""
    attributes = {name: value for name, value in run.items() if name not in ("last_lumisection_number", "era")}
    attributes["ls_duration"] = run["last_lumisection_number"]
    fill = world.fills().get(run["fill_number"]) or {}
    attributes["injection_scheme"] = fill.get("injection_scheme")
    attributes |= {f"{name.lower()}_included": True for name in run["components"]}
    if _is_significant(run):
        attributes["beams_present_and_stable"] = bool(run["stable_beam"])
    return attributes


def _rr_attributes(run: Row) -> Row:
    return {
        "class": run_class(run),
        "state": _online_state(run),
        "significant": _is_significant(run),
        "stop_reason": "",
    }


def _dataset_attributes(run_number: int, name: str) -> Row:
    if name == ONLINE:
        return {}
    state = tracker_state(run_number, name)
    workspaces = ("global", "tracker") if name.startswith("/ReReco") else WORKSPACES
    return {f"{workspace}_state": state for workspace in workspaces} | {"appeared_in": []}


@cache
def run_rows() -> list[Row]:
    """Return all runs in the format of POST /runs_filtered_ordered, without flags, oldest first."""
    known = [run for run in world.runs().values() if is_global(run)]
    return [
        {
            "run_number": run["run_number"],
            "oms_attributes": _oms_attributes(run),
            "rr_attributes": _rr_attributes(run),
            "version": index,
            "deleted": False,
        }
        for index, run in enumerate(known, start=1)
    ]


@cache
def dataset_rows() -> list[Row]:
    """Return all datasets in the format of POST /datasets_filtered_ordered, without flags, by run and name.

    Events of runs and datasets share their numbers: the datasets come after all runs.
    """
    named = [(run, name) for run in run_rows() for name in [*offline_names(world.runs()[run["run_number"]]), ONLINE]]
    return [
        {
            "run_number": run["run_number"],
            "name": name,
            "dataset_attributes": _dataset_attributes(run["run_number"], name),
            "datasets_in_gui": [],
            "deleted": False,
            "version": version,
            "Run": run_part(run),
        }
        for version, (run, name) in enumerate(named, start=len(run_rows()) + 1)
    ]


def run_part(run: Row) -> Row:
    """Return what the rows of its datasets have of a run."""
    return {"rr_attributes": run["rr_attributes"], "oms_attributes": run["oms_attributes"]}


@cache
def dataset_names() -> dict[int, list[str]]:
    """Return {run number: dataset names, `online` first}, as in GET /get_all_dataset_names_of_run."""
    names: dict[int, list[str]] = {}
    for row in dataset_rows():
        known = names.setdefault(row["run_number"], [])
        known.insert(0 if row["name"] == ONLINE else len(known), row["name"])
    return names


def flags_of(row: Row) -> dict[str, Any]:
    """Return the triplet summary of a row of a run or dataset. Rows of edited datasets contain theirs."""
    cached: Row | None = row.get(CACHE)
    if cached:
        return cached["triplet_summary"]
    return triplet_summary(row["run_number"], flagged_state(row["run_number"], row.get("name", ONLINE)))


def with_flags(row: Row) -> Row:
    """Return the row with its flags, as in a response."""
    cache_row: Row = {"triplet_summary": flags_of(row)}
    if "name" in row:
        cache_row["dcs_summary"] = dcs_summary(row["run_number"])
    return row | {CACHE: cache_row}


def without(row: Row, *names: str) -> Row:
    """Return the row without these keys."""
    return {name: value for name, value in row.items() if name not in names}
