"""Certifications of people in training (practice). They do not change anything that other people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.facts.snapshot import apply_typed
from certify.rules.entry import ValidationIssue
from oms.models import OmsFill, OmsRun

if TYPE_CHECKING:
    from certify.actions.input import CertificationContext
    from users.models import User

_TRAINING_ENDED = "You are in training no longer: saved now, this counts. Save again if that is meant."
_TRAINING_BEGAN = "You are in training now: saved now, this is practice and counts nowhere. Save again to go on."


def training_mismatch(actor: User, context: CertificationContext) -> list[ValidationIssue]:
    """Return an issue if the user's training began or ended after the form was opened; else an empty list."""
    if context.training_of == actor.training_of:
        return []
    return [ValidationIssue("training", _TRAINING_BEGAN if actor.in_training else _TRAINING_ENDED)]


def apply_typed_in_memory(actor: User, run: OmsRun, fill_number: int | None, context: CertificationContext) -> None:
    """Set typed values on the run and its fill without saving them: other people do not see them."""
    apply_typed(run, context.typed_run, actor.username)
    if not context.typed_fill or not fill_number:
        return
    apply_typed(run, {"fill_number": {"value": fill_number}}, actor.username)
    if run.fill is None or run.fill_id != fill_number:
        run.fill = OmsFill.objects.filter(pk=fill_number).first() or OmsFill(fill_number=fill_number)
    fill_values = {name: typed for name, typed in context.typed_fill.items() if name != "fill_number"}
    apply_typed(run.fill, fill_values, actor.username)
