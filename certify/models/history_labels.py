"""What is particular about history of certifications and words: what follows from a row, its opposite, its labels."""

from __future__ import annotations

import datetime as dt
from typing import Any

from certify.models.choices import CertificationState, Component, Verdict
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
    "pixel_lowstat": "Pixel low statistics",
    "strip_lowstat": "Strip low statistics",
    "tracking_lowstat": "Tracking low statistics",
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
    def verdict(self) -> Verdict:
        """Good, bad or undecided, on the run type this was certified with."""
        flags = {component.value: getattr(self, component.value) for component in Component}
        ticks = {f"{component.value}_lowstat": getattr(self, f"{component.value}_lowstat") for component in Component}
        return verdict(self.run_type, **flags, **ticks)


def retirement_values(_actor: object, _reason: str) -> dict[str, Any]:
    """What undoes the making of a word: it is offered no longer."""
    return {"is_retired": True}
