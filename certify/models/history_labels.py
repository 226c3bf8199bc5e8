"""Options for the history of certifications and vocabulary: labels, columns, values that undo a creation."""

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
# Untracked columns of certifications: a save that changes no others writes no historical row.
CHANGED_WITHOUT_HISTORY = (
    *("version", "idempotency_key", "created_at", "updated_at", "updated_by", "change_reason"),
    *("ranges_facts", "lumisections_seen"),  # set anew when ranges or flags are restored
)
CERTIFICATION_LABELS = {
    "user": "shifter",
    "reference_runreconstruction": "reference",
    "bad_reason": "reason",
    "trackermap": "tracker map",
    "is_practice": "practice",
    "like_express": "like express",
    "date": "shift day",
    "external_info_complete": "facts complete",
    "lumisections_seen": "lumisections seen",
    **{component.lowstat_field: component.lowstat_label for component in Component},
    **{component.ranges_field: component.ranges_label for component in Component},
    "is_dataset_verified": "dataset verified",
    "recorded_lumi": "recorded",
    # The change itself shows who, when and why.
    "withdrawn_by": "",
    "withdrawn_at": "",
    "withdrawn_reason": "",
    # Not shown: the sources of the facts, and the facts that the history shows from columns of their own.
    "facts.typed": "",
    "facts.read_at": "",
    "facts.confirmed": "",
    "facts.filled": "",
    "facts.dataset": "",
    **{f"facts.run.{name}": "" for name in VERDICT_FACTS},
}


def withdrawal_values(actor: Any, reason: str) -> dict[str, Any]:
    """Return the values that undo the creation of a certification: it is withdrawn."""
    return {
        "state": CertificationState.WITHDRAWN.value,
        "withdrawn_by": actor.pk,
        "withdrawn_at": dt.datetime.now(dt.UTC).isoformat(),
        "withdrawn_reason": reason,
    }


def retirement_values(_actor: object, _reason: str) -> dict[str, Any]:
    """Return the values that undo the creation of a vocabulary term: it is retired."""
    return {"is_retired": True}
