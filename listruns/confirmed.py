"""What was confirmed when a certification was last saved, in sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from certify.actions.lumisections import measured_in, stored_entry
from certify.models.choices import ConfirmationCode
from certify.rules.detector_bits import detectors_much_off
from oms.lumisections.mirror import stored_reading

if TYPE_CHECKING:
    from certify.models import TrackerCertification

_LABELS = dict(ConfirmationCode.choices)


def confirmed_sentences(certification: TrackerCertification) -> list[str]:
    """Return a sentence for each confirmation; for detectors that were off one each, with the numbers at the save.

    Two queries if a detector was off, else none.
    """
    return [sentence for code in certification.confirmed for sentence in _sentences(code, certification)]


def _sentences(code: str, certification: TrackerCertification) -> list[str]:
    off = _off_sentences(certification) if code == ConfirmationCode.DCS else []
    return off or [f"{_LABELS[code]}." if code in _LABELS else code]


def _off_sentences(certification: TrackerCertification) -> list[str]:
    """Return which detectors were off; empty if the lumisections of that time are not stored."""
    reading = stored_reading(certification.run_number, certification.updated_at)
    if reading is None:
        return []
    entry = stored_entry(certification, certification.runreconstruction.run, measured_in(reading))
    at_the_save = replace(entry, run_type=certification.run_type)
    return [times.confirmed_sentence for times in detectors_much_off(at_the_save)]
