"""The facts of a run: which are still needed by hand, how typed ones are kept, and how they are frozen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from oms.choices import RunType, SourceKind
from oms.overrides import keep_oms_value
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from django.db.models import Field

    from certify.models import RunReconstruction, TrackerCertification
    from oms.models import OmsFill, OmsMirrorModel, OmsRun

_BOOKKEEPING = {"fetched_at", "reported", "typed", "fill"}

# A value typed by hand, as the forms give it: the value in our unit, and what was typed in which unit.
TypedValues = dict[str, dict[str, Any]]


def needed_run_fields(run: OmsRun | None, run_type: str) -> set[str]:
    """Run attributes that must be typed: none once OMS has answered for the run."""
    if run and run.fetched_at:
        return set()
    needed = {"run_type", "lumisections"}
    if run_type == RunType.COLLISIONS:
        needed |= {"energy", "recorded_lumi"}
    return {name for name in needed if run is None or getattr(run, name) in (None, RunType.UNKNOWN)}


def needed_fill_fields(run: OmsRun | None, run_type: str) -> set[str]:
    """Fill attributes that must be typed: the number, for collisions that OMS has not answered for."""
    is_missing = run is None or (not run.fetched_at and run.fill_id is None)
    return {"fill_number"} if is_missing and run_type == RunType.COLLISIONS else set()


def may_be_typed(row: OmsMirrorModel, name: str) -> bool:
    """Whether a person may type this attribute: OMS did not say it, or somebody has typed it before."""
    return row.source_of(name).kind in (SourceKind.NONE, SourceKind.TYPED)


def apply_typed(row: OmsMirrorModel, typed: TypedValues, by: str) -> set[str]:
    """Put what `by` typed into the row, marked as theirs, OMS's word kept aside; the names of what changed."""
    changed = {name: given for name, given in typed.items() if getattr(row, name) != given["value"]}
    for name, given in changed.items():
        keep_oms_value(row, name)
        setattr(row, name, given["value"])
        row.typed[name] = {"by": by, "at": datetime.now(UTC).isoformat(), **given}
    return set(changed)


def has_typed_values(run: OmsRun) -> bool:
    """Whether a person's value stands for the run or its fill."""
    return bool(run.typed or (run.fill and run.fill.typed))


def copy_verdict_facts(run: OmsRun, certification: TrackerCertification) -> None:
    """Put the facts that the verdict rests on, as they are now, into the columns of the certification."""
    for name, value in verdict_facts(run).items():
        setattr(certification, name, value)


def frozen_facts(run: OmsRun, reference: RunReconstruction, dataset: str, registry: dict[str, Any]) -> dict[str, Any]:
    """What a certification rests on, as JSON: run, fill, reference and dataset as they are now, with their sources."""
    return {
        "run": _field_values(run),
        "fill": _field_values(run.fill) if run.fill else {},
        "typed": {"run": run.typed, "fill": run.fill.typed if run.fill else {}},
        "read_at": run.fetched_at.isoformat() if run.fetched_at else None,
        "dataset": dataset,
        "registry": registry,
        "reference": {
            "run_number": reference.run_id,
            "reconstruction": reference.reconstruction,
            "run_type": reference.run.run_type,
            "b_field": reference.run.b_field,
            "energy": reference.run.energy,
        },
    }


def _field_values(row: OmsRun | OmsFill) -> dict[str, Any]:
    return {
        field.name: _json_value(row, field) for field in row._meta.concrete_fields if field.name not in _BOOKKEEPING
    }


def _json_value(row: OmsMirrorModel, field: Field[Any, Any]) -> Any:
    value = getattr(row, field.attname)
    return value.isoformat() if isinstance(value, datetime) else value
