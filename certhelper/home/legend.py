"""The states of a reconstruction that the help page explains, with the cells that open runs shows for them."""

from __future__ import annotations

from certify.models.choices import Reconstruction
from openruns.cells import OpenRunCell
from openruns.choices import ReconstructionStatus

_STATES = (
    (ReconstructionStatus.OPEN, "open", "is-open", "Run Registry waits for a certification."),
    (ReconstructionStatus.MINE, "mine", "is-good", "You certified it, here as good; opening it changes it."),
    (
        ReconstructionStatus.CERTIFIED,
        "shifter2",
        "is-bad",
        "Another shifter certified it, here as bad.",
    ),
    (ReconstructionStatus.MINE, "mine", "is-good is-stale", "Stale: a fact has changed since it was certified."),
    (ReconstructionStatus.MINE, "practice", "is-good is-practice", "You certified it in training; it counts nowhere."),
    (ReconstructionStatus.CLOSED, "waiting", "is-closed", "Run Registry does not take it yet."),
    (ReconstructionStatus.CLOSED, "closed", "is-closed", "Run Registry does not take it any more."),
)


def open_run_states() -> list[tuple[OpenRunCell, str]]:
    """Return (cell, explanation) of each state, without an address."""
    return [
        (OpenRunCell(Reconstruction.EXPRESS, status, label, explanation, css_class), explanation)
        for status, label, css_class, explanation in _STATES
    ]
