"""Impossible values of OMS: negative where nothing is the least. They are left out, kept as reported, and said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oms.models import OmsMirrorModel, OmsRun

_RUN_AND_FILL_ATTRIBUTES = {"duration", "energy", "init_lumi", "delivered_lumi", "recorded_lumi"}
_RUN_ATTRIBUTES = {"lumisections", "end_lumi", "l1_rate", "l1_triggers_counter"}
_RUN_ATTRIBUTES |= {f"hlt_physics_{what}" for what in ("counter", "rate", "size", "throughput")}
_FILL_ATTRIBUTES = {f"bunches_{what}" for what in ("beam1", "beam2", "colliding", "target")}
_FILL_ATTRIBUTES |= {"intensity_beam1", "intensity_beam2", "peak_lumi", "peak_pileup", "peak_specific_lumi"}
_FILL_ATTRIBUTES |= {"efficiency_lumi", "efficiency_time", "downtime", "beta_star_start", "beta_star_stop"}
NON_NEGATIVE = frozenset(_RUN_AND_FILL_ATTRIBUTES | _RUN_ATTRIBUTES | _FILL_ATTRIBUTES)


def is_out_of_range(attribute: str, value: Any) -> bool:
    """Whether OMS cannot mean this: a count, a luminosity or a duration below nothing."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return attribute in NON_NEGATIVE and is_number and value < 0


def out_of_range_values(run: OmsRun | None) -> list[str]:
    """What OMS reported of the run and of its fill that is impossible, as words: "lumisections -655"."""
    rows: Iterable[OmsMirrorModel | None] = (run, run.fill if run else None)
    return [words for row in rows if row is not None for words in _out_of_range_in(row)]


def out_of_range_messages(run: OmsRun | None) -> list[str]:
    """One sentence that names what is impossible and says what to do next; none where all is well."""
    words = out_of_range_values(run)
    if not words:
        return []
    one = len(words) == 1
    gives, them, are = ("an impossible value", "it", "It is") if one else ("impossible values", "them", "They are")
    return [f"OMS gives {gives}: {', '.join(words)}. {are} left out here; type {them} where you know {them}."]


def _out_of_range_in(row: OmsMirrorModel) -> Iterator[str]:
    for attribute, said in row.reported.items():
        if attribute not in row.typed and is_out_of_range(attribute, said["value"]):
            unit = f" {said['unit']}" if said["unit"] else ""
            yield f"{attribute.replace('_', ' ')} {said['value']}{unit}"
