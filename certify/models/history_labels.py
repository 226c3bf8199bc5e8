"""What is particular about the history of certifications and the vocabulary: labels, and what undoes their making."""

from __future__ import annotations

import datetime as dt
from typing import Any

from certify.models.choices import CertificationState
from certify.models.components import Component
from oms.verdict_facts import VERDICT_FACTS

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
    **{f"facts.run.{name}": "" for name in VERDICT_FACTS},
}


def withdrawal_values(actor: Any, reason: str) -> dict[str, Any]:
    """What undoes the making of a certification: it is withdrawn."""
    return {
        "state": CertificationState.WITHDRAWN.value,
        "withdrawn_by": actor.pk,
        "withdrawn_at": dt.datetime.now(dt.UTC).isoformat(),
        "withdrawn_reason": reason,
    }


def retirement_values(_actor: object, _reason: str) -> dict[str, Any]:
    """What undoes the making of a word: it is offered no longer."""
    return {"is_retired": True}
