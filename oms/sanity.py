"""Values of OMS that are left out: impossible ones, which this module recognizes, and ones that cannot be read.

The parser stores them in `reported` only, with the problem, and pages name those of attributes that are used.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from infrastructure.http.values import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oms.models import OmsMirrorModel, OmsRun

_RUN_AND_FILL_ATTRIBUTES = {"duration", "energy", "init_lumi", "delivered_lumi", "recorded_lumi"}
_RUN_ATTRIBUTES = {"lumisections", "end_lumi", "l1_rate", "l1_triggers_counter"}
_RUN_ATTRIBUTES |= {f"hlt_physics_{quantity}" for quantity in ("counter", "rate", "size", "throughput")}
_FILL_ATTRIBUTES = {f"bunches_{group}" for group in ("beam1", "beam2", "colliding", "target")}
_FILL_ATTRIBUTES |= {"intensity_beam1", "intensity_beam2", "peak_lumi", "peak_pileup", "peak_specific_lumi"}
_FILL_ATTRIBUTES |= {"efficiency_lumi", "efficiency_time", "downtime", "beta_star_start", "beta_star_stop"}
NON_NEGATIVE = frozenset(_RUN_AND_FILL_ATTRIBUTES | _RUN_ATTRIBUTES | _FILL_ATTRIBUTES)
_POSITIVE = frozenset({"fill_number"})

# The attributes that pages show or rules use. Values of others are left out without a message.
_USED_OF_BOTH = {"fill_type_runtime", "era", "init_lumi", "delivered_lumi", "recorded_lumi"}
_USED_OF_RUNS = {
    "fill_number",
    "start_time",
    "end_time",
    "stable_beam",
    "energy",
    "b_field",
    "lumisections",
    "end_lumi",
}
_USED_OF_RUNS |= {"hlt_key", "components", "sequence", "fill_type_party1"}
_USED_OF_FILLS = {"bunches_colliding", "peak_lumi", "peak_pileup", "efficiency_lumi"}
USED = {"OmsRun": frozenset(_USED_OF_BOTH | _USED_OF_RUNS), "OmsFill": frozenset(_USED_OF_BOTH | _USED_OF_FILLS)}

FIRST_TIME = datetime(2008, 1, 1, tzinfo=UTC)  # no run of CMS is older
_CLOCK_TOLERANCE = timedelta(days=1)
_INTERVALS = (("start_time", "end_time"), ("start_stable_beam", "end_stable_beam"))


def impossibility(attribute: str, value: Any) -> str:
    """Return why this value, in our unit, is impossible, such as "negative"; empty if it is possible."""
    if isinstance(value, datetime):
        return _time_impossibility(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    if not math.isfinite(value):
        return "too large"
    if attribute in _POSITIVE and value < 1:
        return "less than 1"
    return "negative" if attribute in NON_NEGATIVE and value < 0 else ""


def _time_impossibility(value: datetime) -> str:
    if value < FIRST_TIME:
        return f"before {FIRST_TIME:%Y}"
    return "in the future" if value > timezone.now() + _CLOCK_TOLERANCE else ""


def ends_before_start(values: Mapping[str, Any]) -> dict[str, str]:
    """Return {attribute: problem} of each end that is earlier than its start."""
    bounds = {end: (values.get(start), values.get(end)) for start, end in _INTERVALS}
    return {name: "before the start" for name, (start, end) in bounds.items() if start and end and end < start}


def left_out_problem(row: OmsMirrorModel, attribute: str) -> str:
    """Return why the value that OMS reports for this attribute was left out; empty if it is used or typed."""
    if attribute not in row.reported or attribute in row.typed:
        return ""
    entry = row.reported[attribute]
    return entry.get("problem") or impossibility(attribute, entry["value"])  # rows of earlier versions have no problem


def has_left_out_values(row: OmsMirrorModel) -> bool:
    """Whether OMS reports a value of an attribute that is used, and it was left out."""
    return any(True for _ in _left_out_in(row))


def left_out_values(run: OmsRun | None) -> list[str]:
    """Return the left out values of a run and its fill as text, such as "lumisections -655 (negative)"."""
    rows: Iterable[OmsMirrorModel | None] = (run, run.fill if run else None)
    return [text for row in rows if row is not None for text in _left_out_in(row)]


def left_out_messages(run: OmsRun | None) -> list[str]:
    """Return one sentence that lists the left out values and what to do about them, or no sentence."""
    values = left_out_values(run)
    if not values:
        return []
    noun, it, it_is = ("a value", "it", "It is") if len(values) == 1 else ("values", "them", "They are")
    advice = f"{it_is} left out here; type {it} where you know {it}."
    return [f"OMS gives {noun} that cannot be used: {', '.join(values)}. {advice}"]


def left_out_of_runs(runs: Iterable[OmsRun]) -> list[str]:
    """Return one sentence that lists the left out values of these runs, or no sentence."""
    by_run = {run.run_number: left_out_values(run) for run in runs}
    texts = [f"{number} {', '.join(values)}" for number, values in by_run.items() if values]
    sentence = f"OMS gives values that cannot be used, left out here: {listed(texts)}. Type them where you know them."
    return [sentence] if texts else []


def _left_out_in(row: OmsMirrorModel) -> Iterator[str]:
    used = USED[type(row).__name__]
    for attribute, entry in row.reported.items():
        problem = left_out_problem(row, attribute) if attribute in used else ""
        if problem:
            value = entry["value"]
            text = f"“{value}”" if isinstance(value, str) else json.dumps(value)
            unit = f" {entry['unit']}" if entry["unit"] else ""
            yield f"{attribute.replace('_', ' ')} {text}{unit} ({problem})"
