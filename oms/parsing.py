"""Parsers that convert a JSON row of OMS to `RunFacts` or `FillFacts`. The only place where units are converted.

A value that cannot be read or is impossible is left out; `raw_values` has it with the problem. Source: OMS aggregation
API, resources `runs` and `fills` (JSON:API; units per row in `meta.row`, with include=meta).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from infrastructure.http.errors import WrongShape
from infrastructure.http.values import short_text
from oms import field_readers, sanity
from oms.choices import RunType
from oms.raw_values import raw_value
from oms.service import OMS
from oms.unreadable import UnreadableValue
from oms.wire_types import FillFacts, RawValues, RunFacts

logger = logging.getLogger(__name__)
Reader = Callable[[Any, str | None, str], Any]

_RUN_READERS: dict[str, Reader] = {
    "run_number": field_readers.integer,
    "fill_number": field_readers.integer,
    "start_time": field_readers.time,
    "end_time": field_readers.time,
    "last_update": field_readers.time,
    "duration": field_readers.number,
    "era": field_readers.text,
    "sequence": field_readers.text,
    "stable_beam": field_readers.flag,
    "energy": field_readers.energy,
    "b_field": field_readers.b_field,
    "lumisections": field_readers.integer,
    "delivered_lumi": field_readers.lumi,
    "recorded_lumi": field_readers.lumi,
    "init_lumi": field_readers.inst_lumi,
    "end_lumi": field_readers.inst_lumi,
    "fill_type_runtime": field_readers.text,
    "fill_type_party1": field_readers.text,
    "fill_type_party2": field_readers.text,
    "components": field_readers.names,
    "hlt_key": field_readers.text,
    "l1_hlt_mode": field_readers.text,
    "l1_hlt_mode_stripped": field_readers.text,
    "trigger_mode": field_readers.text,
    "l1_key": field_readers.text,
    "l1_key_stripped": field_readers.text,
    "l1_menu": field_readers.text,
    "l1_rate": field_readers.number,
    "l1_triggers_counter": field_readers.counter,
    "hlt_physics_counter": field_readers.counter,
    "hlt_physics_rate": field_readers.number,
    "hlt_physics_size": field_readers.number,
    "hlt_physics_throughput": field_readers.number,
    "initial_prescale_index": field_readers.integer,
    "clock_type": field_readers.text,
    "cmssw_version": field_readers.text,
    "tier0_transfer": field_readers.flag,
}
_FILL_READERS: dict[str, Reader] = {
    "fill_number": field_readers.integer,
    "era": field_readers.text,
    "start_time": field_readers.time,
    "end_time": field_readers.time,
    "start_stable_beam": field_readers.time,
    "end_stable_beam": field_readers.time,
    "duration": field_readers.number,
    "fill_type_runtime": field_readers.text,
    "fill_type_party1": field_readers.text,
    "fill_type_party2": field_readers.text,
    "energy": field_readers.energy,
    "b_field": field_readers.b_field,
    "injection_scheme": field_readers.text,
    "bunches_beam1": field_readers.integer,
    "bunches_beam2": field_readers.integer,
    "bunches_colliding": field_readers.integer,
    "bunches_target": field_readers.integer,
    "intensity_beam1": field_readers.number,
    "intensity_beam2": field_readers.number,
    "crossing_angle": field_readers.number,
    "beta_star_start": field_readers.number,
    "beta_star_stop": field_readers.number,
    "init_lumi": field_readers.inst_lumi,
    "peak_lumi": field_readers.inst_lumi,
    "peak_pileup": field_readers.number,
    "peak_specific_lumi": field_readers.number,
    "delivered_lumi": field_readers.lumi,
    "recorded_lumi": field_readers.lumi,
    "efficiency_lumi": field_readers.number,
    "efficiency_time": field_readers.number,
    "downtime": field_readers.number,
    "first_run_number": field_readers.integer,
    "last_run_number": field_readers.integer,
}
# Attributes with another name in OMS. The count of lumisections is the last *active* lumisection.
_OMS_NAMES = {"lumisections": "last_lumisection_number"}

# Values of `fields=`.
RUN_FIELDS = [_OMS_NAMES.get(name, name) for name in _RUN_READERS]
FILL_FIELDS = list(_FILL_READERS)

_logged_missing: set[tuple[str, str]] = set()


def derive_run_type(hlt_key: str | None, stable_beam: bool | None) -> RunType:
    """Return the run type (rules: "Run type"). UNKNOWN without an HLT key, or if key and beam decide neither type.

    A physics menu without stable beam, circulating beams and tests decide neither.
    """
    key = hlt_key or ""
    if stable_beam and ("/cdaq/physics" in key or "/cdaq/special" in key):
        return RunType.COLLISIONS
    return RunType.COSMICS if "cosmic" in key.lower() else RunType.UNKNOWN


def parse_run(row: Any) -> RunFacts:
    """Parse a row of `runs`. Raises `WrongShape` for a row without attributes or run number."""
    values, raw_values = _parse_values("runs", _RUN_READERS, row)
    run_type = derive_run_type(values["hlt_key"], values["stable_beam"])
    return RunFacts(**values, run_type=run_type, raw_values=raw_values)


def parse_fill(row: Any) -> FillFacts:
    """Parse a row of `fills`. Raises `WrongShape` for a row without attributes or fill number."""
    values, raw_values = _parse_values("fills", _FILL_READERS, row)
    return FillFacts(**values, raw_values=raw_values)


def field_reader(resource: str, attribute: str) -> Reader | None:
    """Return the reader of an attribute of `runs` or `fills`, or None for an attribute that OMS does not have."""
    return {"runs": _RUN_READERS, "fills": _FILL_READERS}[resource].get(attribute)


def row_number(row: Any, key: str) -> int:
    """Return the run or fill number of a row: its attribute `key`, else its `id`. Raises `WrongShape` without both."""
    identifier = row.get("id") if isinstance(row, dict) else None
    for number in (row_attributes(row).get(key), _as_number(identifier)):
        if isinstance(number, int) and not isinstance(number, bool) and 0 < number <= field_readers.INT_32:
            return number
    raise WrongShape(OMS, key=key)


def _as_number(identifier: Any) -> int | None:
    """Return the number that the `id` of a row spells, or None."""
    is_number = isinstance(identifier, str) and identifier.isascii() and identifier.isdecimal() and len(identifier) < 11
    return int(identifier) if is_number else None


def row_attributes(row: Any) -> Mapping[str, Any]:
    attributes = row.get("attributes") if isinstance(row, dict) else None
    if not isinstance(attributes, dict):
        raise WrongShape(OMS, key="attributes")
    return attributes


def row_units(row: Any) -> dict[str, str]:
    """Return {attribute: unit}. Rows of old runs have no units at all, others have empty strings."""
    meta = row.get("meta")
    by_attribute = meta.get("row") if isinstance(meta, dict) else None
    if not isinstance(by_attribute, dict):
        return {}
    units = {name: entry.get("units") for name, entry in by_attribute.items() if isinstance(entry, dict)}
    return {name: short_text(unit) for name, unit in units.items() if unit}


def _parse_values(resource: str, readers: dict[str, Reader], row: Any) -> tuple[dict[str, Any], RawValues]:
    """Return all values in our units, and the raw values of attributes that have a unit or a problem."""
    attributes, units = row_attributes(row), row_units(row)
    number_name = next(iter(readers))
    values: dict[str, Any] = {}
    raw_values: RawValues = {}
    for name, reader in readers.items():
        key = _OMS_NAMES.get(name, name)
        _log_missing_once(resource, key, attributes)
        raw, unit = attributes.get(key), units.get(key)
        values[name], problem = (None, "") if raw is None else _read_value(name, reader, raw, unit)
        if raw is not None and (unit or problem):
            raw_values[name] = raw_value(raw, unit, problem)
    for name, problem in sanity.ends_before_start(values).items():
        raw_values[name] = raw_value(attributes[name], None, problem)
        values[name] = None
    return {**values, number_name: row_number(row, number_name)}, raw_values


def _read_value(name: str, reader: Reader, raw: Any, unit: str | None) -> tuple[Any, str]:
    """Return the value and "", or None and the problem of a value that cannot be used."""
    try:
        value = reader(raw, unit, name)
    except UnreadableValue as error:
        return None, error.problem
    problem = sanity.impossibility(name, value)
    return (None, problem) if problem else (value, "")


def _log_missing_once(resource: str, key: str, attributes: Mapping[str, Any]) -> None:
    """Log once per process that a requested attribute is absent: a renamed attribute would otherwise read as null."""
    if key not in attributes and (resource, key) not in _logged_missing:
        _logged_missing.add((resource, key))
        logger.warning("OMS sent no attribute %s of %s. It may have been renamed.", key, resource)
