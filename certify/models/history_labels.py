"""What is particular about history of certifications and words: what follows from a row, its opposite, its labels."""

from __future__ import annotations

import datetime as dt
from typing import Any

from certify.models.choices import CertificationState, Verdict
from certify.models.components import Component, ComponentFlag, component_flags_of
from certify.models.verdict import verdict

REFERENCE_LABELS = {
    "is_reference": "reference run",
    "reference_reason": "why it is one",
    "reference_by": "made one by",
    "reference_since": "since",
    "successor": "in its place",
}
CERTIFICATION_LABELS = {
    "user": "shifter",
    "reference_runreconstruction": "reference",
    "bad_reason": "reason",
    "trackermap": "tracker map",
    "is_practice": "practice",
    "date": "shift day",
    "external_info_complete": "facts complete",
    **{component.lowstat_field: component.lowstat_label for component in Component},
    "is_dataset_verified": "dataset verified",
    "recorded_lumi": "recorded",
    # Who, when and why stand with the change itself.
    "withdrawn_by": "",
    "withdrawn_at": "",
    "withdrawn_reason": "",
    # What was typed, read and confirmed by whom is bookkeeping; these facts are told as fields of their own.
    "facts.typed": "",
    "facts.read_at": "",
    "facts.confirmed": "",
    "facts.filled": "",
    "facts.dataset": "",
    "facts.run.run_type": "",
    "facts.run.lumisections": "",
    "facts.run.recorded_lumi": "",
}


def withdrawal_values(actor: Any, reason: str) -> dict[str, Any]:
    """What undoes the making of a certification: it is withdrawn."""
    return {
        "state": CertificationState.WITHDRAWN.value,
        "withdrawn_by": actor.pk,
        "withdrawn_at": dt.datetime.now(dt.UTC).isoformat(),
        "withdrawn_reason": reason,
    }


class RunFactsMixin:
    """What follows from the columns of a certification, as it is and as it was."""

    runreconstruction: Any
    run_type: Any

    @property
    def run_number(self) -> int:
        return self.runreconstruction.run_id

    @property
    def reconstruction(self) -> str:
        return self.runreconstruction.reconstruction

    @property
    def component_flags(self) -> tuple[ComponentFlag, ...]:
        """What was said of each component."""
        return component_flags_of(self)

    @property
    def verdict(self) -> Verdict:
        """Good, bad or undecided, on the run type this was certified with."""
        return verdict(self.run_type, self.component_flags)


def retirement_values(_actor: object, _reason: str) -> dict[str, Any]:
    """What undoes the making of a word: it is offered no longer."""
    return {"is_retired": True}
