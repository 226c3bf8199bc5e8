"""A JSON row of OMS becomes facts. Units are converted here and nowhere else.

Source: OMS aggregation API, resources `runs` and `fills` (JSON:API; units per row in `meta.row`, with include=meta).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from oms import read
from oms.choices import RunType
from oms.facts import FillFacts, Reported, RunFacts
from oms.oddities import is_impossible

logger = logging.getLogger(__name__)
Reader = Callable[[Any, str | None, str], Any]

_RUN: dict[str, Reader] = {
    "run_number": read.integer,
    "fill_number": read.integer,
    "start_time": read.time,
    "end_time": read.time,
    "last_update": read.time,
    "duration": read.number,
    "era": read.text,
    "sequence": read.text,
    "stable_beam": read.flag,
    "energy": read.energy,
    "b_field": read.b_field,
    "lumisections": read.integer,
    "delivered_lumi": read.lumi,
    "recorded_lumi": read.lumi,
    "init_lumi": read.inst_lumi,
    "end_lumi": read.inst_lumi,
    "fill_type_runtime": read.text,
    "fill_type_party1": read.text,
    "fill_type_party2": read.text,
    "components": read.names,
    "hlt_key": read.text,
    "l1_hlt_mode": read.text,
    "l1_hlt_mode_stripped": read.text,
    "trigger_mode": read.text,
    "l1_key": read.text,
    "l1_key_stripped": read.text,
    "l1_menu": read.text,
    "l1_rate": read.number,
    "l1_triggers_counter": read.counter,
    "hlt_physics_counter": read.counter,
    "hlt_physics_rate": read.number,
    "hlt_physics_size": read.number,
    "hlt_physics_throughput": read.number,
    "initial_prescale_index": read.integer,
    "clock_type": read.text,
    "cmssw_version": read.text,
    "tier0_transfer": read.flag,
}
_FILL: dict[str, Reader] = {
    "fill_number": read.integer,
    "era": read.text,
    "start_time": read.time,
    "end_time": read.time,
    "start_stable_beam": read.time,
    "end_stable_beam": read.time,
    "duration": read.number,
    "fill_type_runtime": read.text,
    "fill_type_party1": read.text,
    "fill_type_party2": read.text,
    "energy": read.energy,
    "b_field": read.b_field,
    "injection_scheme": read.text,
    "bunches_beam1": read.integer,
    "bunches_beam2": read.integer,
    "bunches_colliding": read.integer,
    "bunches_target": read.integer,
    "intensity_beam1": read.number,
    "intensity_beam2": read.number,
    "crossing_angle": read.number,
    "beta_star_start": read.number,
    "beta_star_stop": read.number,
    "init_lumi": read.inst_lumi,
    "peak_lumi": read.inst_lumi,
    "peak_pileup": read.number,
    "peak_specific_lumi": read.number,
    "delivered_lumi": read.lumi,
    "recorded_lumi": read.lumi,
    "efficiency_lumi": read.number,
    "efficiency_time": read.number,
    "downtime": read.number,
    "first_run_number": read.integer,
    "last_run_number": read.integer,
}
# Where OMS has another name: its lumisection count is the last *active* lumisection.
_OMS_NAME = {"lumisections": "last_lumisection_number"}

# What to ask for with `fields=`.
RUN_FIELDS = [_OMS_NAME.get(name, name) for name in _RUN]
FILL_FIELDS = list(_FILL)

_logged_absent: set[tuple[str, str]] = set()


def run_type_of(hlt_key: str | None, stable_beam: bool | None) -> RunType:
    """What the detector saw (rules: "Run type"): unknown without a key, or when neither side is certain."""
    if not hlt_key:
        return RunType.UNKNOWN
    if stable_beam and ("/cdaq/physics" in hlt_key or "/cdaq/special" in hlt_key):
        return RunType.COLLISIONS
    if "cosmic" in hlt_key.lower() or stable_beam is False:
        return RunType.COSMICS
    return RunType.UNKNOWN


def run_facts(row: Any) -> RunFacts:
    """The facts of a row of `runs`. Raises `WrongShape` naming the key, `UnknownUnit` naming attribute and unit."""
    values, reported = _values("runs", _RUN, row)
    run_type = run_type_of(values["hlt_key"], values["stable_beam"])
    return RunFacts(**values, run_type=run_type, reported=reported)


def fill_facts(row: Any) -> FillFacts:
    """The facts of a row of `fills`. Raises `WrongShape` naming the key, `UnknownUnit` naming attribute and unit."""
    values, reported = _values("fills", _FILL, row)
    return FillFacts(**values, reported=reported)


def reader_of(resource: str, attribute: str) -> Reader | None:
    """What reads this attribute of `runs` or `fills`; None for what is derived here."""
    return {"runs": _RUN, "fills": _FILL}[resource].get(attribute)


def number_of(row: Any, key: str) -> int:
    """The run or fill number (`key`) of a row, before anything else of it is read. Raises `WrongShape`."""
    number = read.integer(_attributes(row).get(key), None, key)
    if number < 1:
        raise read.wrong(key)
    return number


def _attributes(row: Any) -> Mapping[str, Any]:
    attributes = row.get("attributes") if isinstance(row, dict) else None
    if not isinstance(attributes, dict):
        raise read.wrong("attributes")
    return attributes


def _units(row: Any) -> dict[str, str]:
    """The unit of each attribute that has one. Rows without any are known (old runs); empty texts too."""
    try:
        named = row["meta"]["row"].items()
        pairs = [(name, entry.get("units")) for name, entry in named]
    except (KeyError, TypeError, AttributeError):
        return {}
    return {name: read.text(unit, None, f"unit of {name}") for name, unit in pairs if unit}


def _values(resource: str, readers: dict[str, Reader], row: Any) -> tuple[dict[str, Any], Reported]:
    """Every attribute read, and those that have a unit or cannot be as they were reported."""
    attributes, units = _attributes(row), _units(row)
    number_of(row, next(iter(readers)))
    values: dict[str, Any] = {}
    reported: Reported = {}
    for name, reader in readers.items():
        key = _OMS_NAME.get(name, name)
        _log_once_if_absent(resource, key, attributes)
        raw, unit = attributes.get(key), units.get(key)
        values[name] = None if raw is None else reader(raw, unit, key)
        is_left_out = is_impossible(name, values[name])
        if is_left_out:
            values[name] = None
        if raw is not None and (unit or is_left_out):
            reported[name] = {"value": raw, "unit": unit or ""}
    return values, reported


def _log_once_if_absent(resource: str, key: str, attributes: Mapping[str, Any]) -> None:
    """OMS renames attributes now and then; one that was asked for and is absent would else turn into null unseen."""
    if key not in attributes and (resource, key) not in _logged_absent:
        _logged_absent.add((resource, key))
        logger.warning("OMS gave no attribute %s of %s: renamed?", key, resource)
