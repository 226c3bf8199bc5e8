"""Store the facts of a run and its fill that a person typed on the form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.actions.training import apply_typed_in_memory
from certify.errors import EntryInvalid
from certify.facts.snapshot import TypedValues, apply_typed, may_be_typed
from certify.facts.staleness import mark_stale
from certify.rules.entry import ValidationIssue
from oms.models import OmsFill

if TYPE_CHECKING:
    from certify.actions.input import CertificationContext
    from oms.models import OmsRun
    from users.models import User

FILL_NUMBER_MISSING = "Type the number of the fill that these values belong to."


def store_typed_facts(actor: User, run: OmsRun, context: CertificationContext) -> None:
    """Save the typed values of the run and its fill in their rows; in training, set them in memory only."""
    number = context.typed_fill.get("fill_number", {}).get("value") or run.fill_id or run.fill_number
    if context.typed_fill and not number:
        raise EntryInvalid([ValidationIssue("fill-fill_number", FILL_NUMBER_MISSING)])
    if context.training_of is not None:
        apply_typed_in_memory(actor, run, number, context)
        return
    changed = apply_typed(run, context.typed_run, actor.username)
    if context.typed_fill and number:
        run.fill = _store_typed_fill(actor, number, context.typed_fill, is_named_now=run.fill_id != number)
        changed |= {"fill"} | apply_typed(run, {"fill_number": {"value": number}}, actor.username)
    if changed:
        run.save(update_fields=[*changed, "typed", "reported"])
        mark_stale([run])


def _store_typed_fill(actor: User, fill_number: int, typed: TypedValues, *, is_named_now: bool) -> OmsFill:
    """Save typed values of a fill. Raises `EntryInvalid` for values of OMS if the run gets this fill only now.

    Other runs of the fill depend on the values of OMS.
    """
    fill, _ = OmsFill.objects.select_for_update().get_or_create(fill_number=fill_number)
    fill_values = {name: value for name, value in typed.items() if name != "fill_number"}
    if is_named_now and (issues := _oms_conflicts(fill, fill_values)):
        raise EntryInvalid(issues)
    if changed := apply_typed(fill, fill_values, actor.username):
        fill.save(update_fields=[*changed, "typed", "reported"])
    return fill


def _oms_conflicts(fill: OmsFill, typed: TypedValues) -> list[ValidationIssue]:
    """Return an issue for each typed value that differs from the value of OMS."""
    others = [name for name, value in typed.items() if value["value"] != getattr(fill, name)]
    labels = {name: name.replace("_", " ") for name in others if not may_be_typed(fill, name)}
    return [
        ValidationIssue(
            f"fill-{name}",
            f"OMS says {label} {getattr(fill, name)} of fill {fill.pk}. Leave it empty, or correct the fill number.",
        )
        for name, label in labels.items()
    ]
