"""Why a certification is not sent to Run Registry, whatever is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.models import TrackerCertification
from certify.models.choices import CertificationState, Verdict
from certify.review.models import ShifterQuestion
from registry_sync.choices import WRITTEN, SendingPurpose
from registry_sync.models import RegistryWrite, Sending

if TYPE_CHECKING:
    from collections.abc import Collection


def certification_refusals(certification: TrackerCertification, *, has_open_question: bool) -> list[str]:
    """Return a sentence for each reason; none if it can be sent. No query."""
    reasons = {
        "It is practice.": certification.is_practice,
        "It is withdrawn.": certification.state != CertificationState.LIVE,
        "Its facts have changed: it is stale. Confirm or change it first.": bool(certification.stale),
        "Its verdict is undecided. Complete the facts of the run first.": certification.verdict_word
        == Verdict.UNDECIDED,
        "A question to the shifter is open.": has_open_question,
        "It names no dataset of Run Registry.": certification.dataset is None,
        "The last lumisection of the run is not known.": not certification.lumisections,
    }
    return [reason for reason, applies in reasons.items() if applies]


def has_open_question(certification: TrackerCertification) -> bool:
    """Return whether a question to the shifter waits for an answer: one query."""
    return ShifterQuestion.objects.open().filter(certification=certification).exists()


def open_questions_of(certifications: Collection[int]) -> set[int]:
    """Return those of these primary keys with an open question to the shifter: one query."""
    questions = ShifterQuestion.objects.open().filter(certification__in=list(certifications))
    return set(questions.values_list("certification_id", flat=True))


def purpose_refusals(certification: TrackerCertification, purpose: str) -> list[str]:
    """Return a sentence for each reason against a sending of this purpose: one or two queries.

    An undoing writes back what Run Registry had, whatever became of the certification, and so does the move back to
    SIGNOFF that it can need.
    """
    if purpose == SendingPurpose.UNDO or (purpose == SendingPurpose.REOPEN and _has_written_flags(certification)):
        return []
    return certification_refusals(certification, has_open_question=has_open_question(certification))


def _has_written_flags(certification: TrackerCertification) -> bool:
    written = RegistryWrite.objects.filter(sending__certification=certification, state__in=WRITTEN)
    return written.exclude(component="").exists()


def sending_refusal(sending: Sending) -> str:
    """Return why a confirmed sending must not go on, a sentence, or an empty text.

    A later confirmation for the same certification replaces it: that plan was made on what is known now.
    """
    if Sending.objects.filter(certification=sending.certification_id, pk__gt=sending.pk).exists():
        return "A newer plan was confirmed."
    if sending.purpose == SendingPurpose.UNDO:
        return ""
    certification = TrackerCertification.everything.select_related("dataset", "runreconstruction").get(
        pk=sending.certification_id
    )
    if certification.version != sending.version:
        return f"The certification has changed since the plan: it is version {certification.version} now."
    return next(iter(purpose_refusals(certification, sending.purpose)), "")
