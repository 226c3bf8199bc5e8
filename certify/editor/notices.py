"""Sentences above the form about services without an answer and about missing or unusual values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infrastructure.http.results import Found, explanations
from oms.choices import RunType
from registry.parsing import left_out_sentences, run_type_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certify.editor.subject import CertificationSubject
    from oms.models import OmsRun


def subject_notices(subject: CertificationSubject) -> list[str]:
    """Return a sentence, with advice, for each unavailable service and each missing or unusual value."""
    failures = explanations(subject.registry, subject.oms.run_result, subject.oms.fill_result)
    notices = [*failures, *_left_out_notices(subject), *_dataset_notices(subject), *_run_type_notices(subject)]
    return list(dict.fromkeys(notices))


def _left_out_notices(subject: CertificationSubject) -> list[str]:
    """Return a sentence if values of the answer of Run Registry were left out."""
    if not isinstance(subject.registry, Found):
        return []
    return left_out_sentences(subject.datasets, subject.registry.left_out)


def _dataset_notices(subject: CertificationSubject) -> Iterator[str]:
    known = subject.known_dataset
    if known and not known.is_open and not subject.training_of:
        state = f"has this dataset as {known.state}" if known.state else "gives no state of this dataset"
        yield f"Run Registry {state}: it is not open for Tracker."
    if not subject.datasets and isinstance(subject.registry, Found):
        yield (
            f"Run Registry has no {subject.reconstruction} dataset of run {subject.run_number}. "
            "Check the reconstruction; it is saved without a dataset."
        )


def _run_type_notices(subject: CertificationSubject) -> Iterator[str]:
    """Yield sentences about an unknown run type, and where class or dataset name of Run Registry imply another one."""
    known, run = subject.known_dataset, subject.oms.run
    if run is None:
        return
    if run.run_type == RunType.UNKNOWN and isinstance(subject.oms.run_result, Found):
        yield "The run type is unknown: neither the HLT key nor the name of a dataset decides it. Choose it."
    for label, text in (("class", known.run_class), ("dataset name", known.name)) if known else ():
        implied = run_type_in(text)
        if implied and implied != run.run_type:
            yield f"The run is {_run_type_text(run)}, but Run Registry's {label} {text} says {implied}."


def _run_type_text(run: OmsRun) -> str:
    """Return the run type and what decided it."""
    if run.run_type == RunType.UNKNOWN:
        return "of unknown type"
    if entry := run.typed.get("run_type"):
        return f"{run.run_type} as typed by {entry['by']}"
    is_by_name = "dataset" in run.reported.get("run_type", {})
    return f"{run.run_type} by {'the name of a dataset' if is_by_name else 'its HLT key and beam'}"
