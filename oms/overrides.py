"""The value that OMS reports for an attribute whose typed value takes precedence."""

from __future__ import annotations

from typing import Any

from oms.choices import RunType
from oms.models import OmsFill, OmsMirrorModel, OmsRun
from oms.parsing import field_reader
from oms.sanity import impossibility


def keep_oms_value(row: OmsMirrorModel, attribute: str) -> None:
    """Copy the current value of an attribute to `reported` before a typed value replaces it.

    Does nothing unless the current value is from OMS and is not in `reported` yet. The row is not saved.
    """
    value = getattr(row, attribute)
    if row.fetched_at is None or attribute in row.typed or attribute in row.reported or value is None:
        return
    row.reported[attribute] = {"value": value, "unit": ""}


def oms_value(row: OmsRun | OmsFill, attribute: str) -> Any:
    """Return the last value of OMS for a typed attribute, in our unit, or None without a possible value.

    `reported` stores the value in the unit of OMS; an empty unit means that the value is already in our unit.
    """
    reported = row.reported.get(attribute)
    if reported is None:
        return None
    value, unit = reported["value"], reported["unit"]
    if reported.get("problem") or value in (None, RunType.UNKNOWN) or impossibility(attribute, value):
        return None
    reader = field_reader("runs" if isinstance(row, OmsRun) else "fills", attribute)
    return reader(value, unit, attribute) if unit and reader else value
