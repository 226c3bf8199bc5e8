"""The facts of a run: which must be typed, how typed values are stored, and the copy stored with a certification."""

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

SECONDS_TO_SAVE = "seconds_to_save"  # from the display of the form to its save
IMPORT = "import"  # of a certification imported from a golden JSON: its files and lumisections
_BOOKKEEPING = {"fetched_at", "reported", "typed", "fill"}

# {attribute: {"value": in the unit of the model, and the text and unit as typed}}
TypedValues = dict[str, dict[str, Any]]


def needed_run_fields(run: OmsRun | None, run_type: str) -> set[str]:
    """Return the run attributes that must be typed; none if the run was read from OMS."""
    if run and run.fetched_at:
        return set()
    needed = {"run_type", "lumisections"}
    if run_type == RunType.COLLISIONS:
        needed |= {"energy", "recorded_lumi"}
    return {name for name in needed if run is None or getattr(run, name) in (None, RunType.UNKNOWN)}


def needed_fill_fields(run: OmsRun | None, run_type: str) -> set[str]:
    """Return the fill attributes that must be typed: the number, for collisions that were not read from OMS."""
    is_missing = run is None or (not run.fetched_at and run.fill_id is None)
    return {"fill_number"} if is_missing and run_type == RunType.COLLISIONS else set()


def may_be_typed(row: OmsMirrorModel, name: str) -> bool:
    """Whether a person may type this attribute: OMS did not give it, or it is typed already."""
    return row.source_of(name).kind in (SourceKind.NONE, SourceKind.TYPED)


def apply_typed(row: OmsMirrorModel, typed: TypedValues, by: str) -> set[str]:
    """Set typed values on the row with the user name `by` as source, and store the values of OMS beside them.

    Returns the names of the changed attributes. The row is not saved.
    """
    changed = {name: entry for name, entry in typed.items() if getattr(row, name) != entry["value"]}
    for name, entry in changed.items():
        keep_oms_value(row, name)
        setattr(row, name, entry["value"])
        row.typed[name] = {"by": by, "at": datetime.now(UTC).isoformat(), **entry}
    return set(changed)


def has_typed_values(run: OmsRun) -> bool:
    """Whether the run or its fill has typed values."""
    return bool(run.typed or (run.fill and run.fill.typed))


def copy_verdict_facts(run: OmsRun, certification: TrackerCertification) -> None:
    """Copy the current facts of the verdict from the run to the columns of the certification."""
    for name, value in verdict_facts(run).items():
        setattr(certification, name, value)


def frozen_facts(run: OmsRun, reference: RunReconstruction, dataset: str, registry: dict[str, Any]) -> dict[str, Any]:
    """Return the current facts of run, fill, reference and dataset with their sources, as JSON for a certification."""
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


def facts_of_entry(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what is frozen when a certification is made and does not follow later changes of it."""
    return {name: facts[name] for name in ("checklists", SECONDS_TO_SAVE, IMPORT) if name in facts}


def _field_values(row: OmsRun | OmsFill) -> dict[str, Any]:
    return {
        field.name: _json_value(row, field) for field in row._meta.concrete_fields if field.name not in _BOOKKEEPING
    }


def _json_value(row: OmsMirrorModel, field: Field[Any, Any]) -> Any:
    value = getattr(row, field.attname)
    return value.isoformat() if isinstance(value, datetime) else value
