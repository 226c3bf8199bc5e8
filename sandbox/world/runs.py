"""The 1,231 runs of OMS."""

from __future__ import annotations

from functools import cache

from sandbox.world.tables import LUMISECTION_SECONDS, Row, Value, rows_of, seconds_between, seconds_later, value_of

Ranges = list[tuple[int, int]]

ERA = "2018A"
CMSSW_VERSION = "CMSSW_10_1_1"
LAST_UPDATE_AFTER_S = 5400

HLT_KEYS = {
    "collisions2018": "/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1",
    "cosmics2018": "/cdaq/cosmic/commissioning2018/CRUZET/HLT/V1",
    "circulating2018": "/cdaq/circulating/2018/HLT/V1",
    "testing2018": "/cdaq/circulating/2018/HLT/V1",
}


def hlt_key(mode: Value) -> str | None:
    """derived: the HLT key of a run, from its l1_hlt_mode."""
    return HLT_KEYS.get(str(mode), f"/cdaq/special/2018/{mode}/HLT/V1") if mode else None


@cache
def _lines() -> list[dict[str, str]]:
    return list(rows_of("runs.tsv"))


def _reported(line: dict[str, str]) -> Row:
    row = {column: value_of(text) for column, text in line.items() if column != "golden"}
    row["components"] = line["components"].split()
    return row


def _derived(row: Row) -> Row:
    last, rate, size = row["last_lumisection_number"], row["l1_rate"], row["hlt_physics_size"]
    live = last * LUMISECTION_SECONDS if isinstance(last, int) and last else None
    is_global = row["sequence"] == "GLOBAL-RUN"
    last_known = str(row["end_time"] or row["start_time"])
    stripped = str(row["trigger_mode"]).removeprefix("l1_hlt_")
    return {
        "duration": seconds_between(row["start_time"], row["end_time"]),
        "last_update": seconds_later(last_known, LAST_UPDATE_AFTER_S),
        "era": ERA,
        "hlt_key": hlt_key(row["l1_hlt_mode"]),
        "l1_hlt_mode_stripped": stripped if row["l1_hlt_mode"] else None,
        "l1_key": f"l1_trg_{row['l1_key_stripped']}" if row["l1_key_stripped"] else None,
        "l1_triggers_counter": round(rate * live) if isinstance(rate, int | float) and live else None,
        "hlt_physics_throughput": round(size / live, 8) if isinstance(size, int | float) and live else None,
        "clock_type": "LHC" if row["fill_type_runtime"] == "PROTONS" else "LOCAL",
        "cmssw_version": CMSSW_VERSION,
        "tier0_transfer": is_global,
    }


@cache
def runs() -> dict[int, Row]:
    """Return all runs by number, oldest first, with the attributes of `runs` of OMS."""
    reported = (_reported(line) for line in _lines())
    return {int(str(row["run_number"])): row | _derived(row) for row in reported}


def _ranges(text: str) -> Ranges:
    pairs = (part.split("-") for part in text.split(",") if part)
    return [(int(first), int(last)) for first, last in pairs]


@cache
def golden_ranges() -> dict[int, Ranges]:
    """Return {run number: golden lumisections as (first, last)} of the golden JSON of 2018."""
    return {int(line["run_number"]): _ranges(line["golden"]) for line in _lines() if line["golden"]}
