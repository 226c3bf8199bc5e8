"""What OMS said of an attribute for which a person's value stands, in our unit."""

from __future__ import annotations

from typing import Any

from oms.choices import RunType
from oms.models import OmsFill, OmsMirrorModel, OmsRun
from oms.parsing import field_reader
from oms.sanity import is_out_of_range


def keep_oms_value(row: OmsMirrorModel, attribute: str) -> None:
    """Keep OMS's value under `reported` before a person's takes its place; a typed one is no word of OMS."""
    value = getattr(row, attribute)
    if row.fetched_at is None or attribute in row.typed or attribute in row.reported or value is None:
        return
    row.reported[attribute] = {"value": value, "unit": ""}


def oms_value(row: OmsRun | OmsFill, attribute: str) -> Any:
    """OMS's last word on a typed attribute, in our unit; None where it said nothing that can be.

    `reported` has it as OMS gave it, with OMS's unit; an empty unit means that it is in ours already.
    """
    said = row.reported.get(attribute)
    if said is None or said["value"] in (None, RunType.UNKNOWN) or is_out_of_range(attribute, said["value"]):
        return None
    reader = field_reader("runs" if isinstance(row, OmsRun) else "fills", attribute)
    return reader(said["value"], said["unit"], attribute) if said["unit"] and reader else said["value"]
