"""The values of variables that are the same for a whole certification, from the facts that were frozen with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.facts.snapshot import IMPORT
from certify.imports.file_flags import ALL_ON, DETECTOR_ON, GOLDEN
from golden.vocabulary import DATASET_NAME, REGISTRY_VARIABLES, RUN_NUMBER, VARIABLES, Level, ValueType, Variable
from infrastructure.number_ranges import NumberRange, merged_ranges

if TYPE_CHECKING:
    from collections.abc import Collection

    from golden.contexts import CertificationKey
    from oms.lumisections import bits

_REGISTRY_PREFIXES = ("run.rr.", "dataset.")
# Columns of a certification that are frozen facts too; a certification of an earlier version has no others.
_COLUMNS = ("run_type", "lumisections", "recorded_lumi")


def frozen_facts(row: Any) -> dict[str, Any]:
    """Return the facts of the run of a history row, by the name of our field; its columns where it has no others."""
    facts = _mapping(_mapping(row.facts).get("run"))
    return facts | {name: getattr(row, name) for name in _COLUMNS}


def run_values(
    key: CertificationKey, facts: dict[str, Any], all_facts: Any, variables: Collection[str]
) -> dict[str, Any]:
    """Return {variable: value} of these variables, as far as they are of the run and known.

    `facts`: as `frozen_facts` returns them. A value of another type than its variable is unknown.
    """
    registry = _mapping(_mapping(all_facts).get("registry"))
    values: dict[str, Any] = {RUN_NUMBER: key.run_number, DATASET_NAME: key.dataset}
    for name in variables:
        variable = VARIABLES[name]
        if variable.level == Level.RUN and name not in values and name not in REGISTRY_VARIABLES:
            source = registry if name.startswith(_REGISTRY_PREFIXES) else facts
            value = source.get(variable.field)
            if _is_of_type(variable, value):
                values[name] = value
    return {name: values[name] for name in variables if name in values}


def imported_ranges(facts: Any) -> tuple[NumberRange, ...] | None:
    """Return the lumisections that the imported file has; None for a certification that was not imported from one."""
    return _import_ranges(facts, GOLDEN)


def imported_segments(facts: Any) -> list[tuple[int, int, bits.Bits]]:
    """Return the lumisections of an imported certification as (first, last, bits), as its files give them.

    They count for it whatever OMS gives of the run. Empty for other certifications.
    """
    return [(first, last, ALL_ON) for first, last in _import_ranges(facts, DETECTOR_ON) or ()]


def _import_ranges(facts: Any, name: str) -> tuple[NumberRange, ...] | None:
    ranges = _mapping(_mapping(facts).get(IMPORT)).get(name)
    return None if ranges is None else tuple(merged_ranges((first, last) for first, last in ranges))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_of_type(variable: Variable, value: Any) -> bool:
    is_boolean = isinstance(value, bool)
    match variable.value_type:
        case ValueType.BOOLEAN:
            return is_boolean
        case ValueType.NUMBER:
            return isinstance(value, int | float) and not is_boolean
        case ValueType.TEXT:
            return isinstance(value, str) and value != ""
        case ValueType.TEXTS:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return False
