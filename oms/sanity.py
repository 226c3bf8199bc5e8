"""Impossible values of OMS: negative values of attributes that cannot be negative.

The parser stores them in `reported` only, and pages show a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oms.models import OmsMirrorModel, OmsRun

_RUN_AND_FILL_ATTRIBUTES = {"duration", "energy", "init_lumi", "delivered_lumi", "recorded_lumi"}
_RUN_ATTRIBUTES = {"lumisections", "end_lumi", "l1_rate", "l1_triggers_counter"}
_RUN_ATTRIBUTES |= {f"hlt_physics_{quantity}" for quantity in ("counter", "rate", "size", "throughput")}
_FILL_ATTRIBUTES = {f"bunches_{group}" for group in ("beam1", "beam2", "colliding", "target")}
_FILL_ATTRIBUTES |= {"intensity_beam1", "intensity_beam2", "peak_lumi", "peak_pileup", "peak_specific_lumi"}
_FILL_ATTRIBUTES |= {"efficiency_lumi", "efficiency_time", "downtime", "beta_star_start", "beta_star_stop"}
NON_NEGATIVE = frozenset(_RUN_AND_FILL_ATTRIBUTES | _RUN_ATTRIBUTES | _FILL_ATTRIBUTES)


def is_out_of_range(attribute: str, value: Any) -> bool:
    """Return whether the value is impossible: a count, luminosity, duration or the like below zero."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return attribute in NON_NEGATIVE and is_number and value < 0


def out_of_range_values(run: OmsRun | None) -> list[str]:
    """Return the impossible values of a run and its fill as text, such as "lumisections -655"."""
    rows: Iterable[OmsMirrorModel | None] = (run, run.fill if run else None)
    return [text for row in rows if row is not None for text in _out_of_range_in(row)]


def out_of_range_messages(run: OmsRun | None) -> list[str]:
    """Return one sentence that lists the impossible values and what to do about them, or no sentence."""
    values = out_of_range_values(run)
    if not values:
        return []
    is_single = len(values) == 1
    noun, them, are = ("an impossible value", "it", "It is") if is_single else ("impossible values", "them", "They are")
    return [f"OMS gives {noun}: {', '.join(values)}. {are} left out here; type {them} where you know {them}."]


def _out_of_range_in(row: OmsMirrorModel) -> Iterator[str]:
    for attribute, reported in row.reported.items():
        if attribute not in row.typed and is_out_of_range(attribute, reported["value"]):
            unit = f" {reported['unit']}" if reported["unit"] else ""
            yield f"{attribute.replace('_', ' ')} {reported['value']}{unit}"
