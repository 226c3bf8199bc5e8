"""Actions on reference runs: adopt, promote and retire. Each is one transaction and one operation in the history.

As in `certify.actions`, permissions and rules are checked inside, on locked rows.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from audit.operation import operation
from certify.actions.reconstructions import lock_reconstruction
from certify.errors import EntryInvalid
from certify.models import RunReconstruction, TrackerCertification
from certify.models.choices import CertificationState, ReviewChangeKind, Verdict
from certify.rules.entry import ValidationIssue, join_names
from certify.rules.reference_type import has_fitting_type
from certify.selectors import live_certification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oms.models import OmsRun
    from users.models import User


def adopt_reference(actor: User | None, run: OmsRun, reconstruction: str, reason: str) -> RunReconstruction:
    """Make the reconstruction of a run of OMS a reference run although it is not certified.

    `actor` is None for management commands, which are trusted. Raises `PermissionDenied` below the role shift leader,
    and `EntryInvalid` without a reason or if it is a reference run or certified already.
    """
    _check_may_decide(actor, "Adopting")
    _check_has_reason(reason, "Say why this run is adopted.")
    with operation(actor, ReviewChangeKind.ADOPT, reason=reason, run=run.run_number):
        reference = lock_reconstruction(run, reconstruction)
        if reference.is_reference:
            raise EntryInvalid([ValidationIssue("run_number", f"{reference} is a reference run already.")])
        if existing := live_certification(run.run_number, reconstruction):
            raise EntryInvalid([ValidationIssue("run_number", _already_certified_message(existing))])
        return _mark_as_reference(actor, reference, reason)


def promote_reference(actor: User, certification: TrackerCertification, reason: str) -> RunReconstruction:
    """Make the reconstruction of a good certification a reference run.

    Raises `PermissionDenied` below the role shift leader, and `EntryInvalid` with all obstacles.
    """
    _check_may_decide(actor, "Promoting")
    _check_has_reason(reason, "Say why this run becomes a reference.")
    with operation(actor, ReviewChangeKind.PROMOTE, reason=reason, run=certification.run_number):
        reconstruction = RunReconstruction.objects.select_for_update().get(pk=certification.runreconstruction_id)
        locked = TrackerCertification.everything.lock_row(certification.pk)
        locked.runreconstruction = reconstruction
        if obstacles := list(promotion_obstacles(locked)):
            raise EntryInvalid([ValidationIssue("", sentence) for sentence in obstacles])
        return _mark_as_reference(actor, reconstruction, reason)


def promotion_obstacles(certification: TrackerCertification) -> Iterator[str]:
    """Yield a sentence for each reason why this certification cannot become a reference run."""
    reconstruction = certification.runreconstruction
    if reconstruction.is_reference:
        yield f"{reconstruction} is a reference run already."
    is_withdrawn = certification.state == CertificationState.WITHDRAWN
    if is_withdrawn and certification.withdrawn_by and certification.withdrawn_at:
        yield (
            f"It is withdrawn (by {certification.withdrawn_by.display_name}, "
            f"{certification.withdrawn_at:%Y-%m-%d %H:%M} UTC: {certification.withdrawn_reason}). Restore it first."
        )
    if certification.is_practice:
        yield "It was made for practice, and practice is no reference."
    if certification.verdict == Verdict.BAD:
        bad_components = join_names(list(_bad_components(certification)))
        yield f"It is bad: {bad_components}. Only what is good can be a reference."
    if certification.verdict == Verdict.UNDECIDED:
        yield "Its verdict is undecided, because the run type is unknown. Type the run type first."


def retire_reference(
    actor: User, reference: RunReconstruction, reason: str, successor: RunReconstruction | None = None
) -> RunReconstruction:
    """Retire a reference run, so that it is not offered any more. Certifications that use it are not changed.

    `successor`, another reference run of the same run type, replaces it, also as the successor of references retired
    earlier. Raises `PermissionDenied` below the role shift leader, and `EntryInvalid`.
    """
    _check_may_decide(actor, "Retiring")
    _check_has_reason(reason, "Say why this reference is retired.")
    with operation(actor, ReviewChangeKind.RETIRE, reason=reason, run=reference.run_id):
        # Rows are locked ordered by primary key, so that two concurrent calls with swapped runs cannot deadlock.
        keys = {reference.pk, *([successor.pk] if successor else [])}
        rows = RunReconstruction.objects.select_for_update(of=("self",)).select_related("run").order_by("pk")
        locked = {row.pk: row for row in rows.filter(pk__in=keys)}
        retired, new_successor = locked[reference.pk], locked[successor.pk] if successor else None
        _check_successor(retired, new_successor)
        retired.is_reference, retired.successor = False, new_successor
        retired.save()
        for predecessor in rows.filter(successor=retired):
            predecessor.successor = new_successor
            predecessor.save()
    return retired


def _check_successor(retired: RunReconstruction, new_successor: RunReconstruction | None) -> None:
    if not retired.is_reference:
        raise EntryInvalid([ValidationIssue("reason", f"{retired} is retired already.")])
    if new_successor is None:
        return
    if new_successor.pk == retired.pk or not new_successor.is_reference:
        raise EntryInvalid(
            [ValidationIssue("successor", f"{new_successor} is no other reference run. Choose another.")]
        )
    if not has_fitting_type(retired.run.run_type, new_successor.run.run_type):
        sentence = f"{new_successor} is of run type {new_successor.run.run_type}, {retired} is not. Choose another."
        raise EntryInvalid([ValidationIssue("successor", sentence)])


def _mark_as_reference(actor: User | None, reference: RunReconstruction, reason: str) -> RunReconstruction:
    reference.is_reference, reference.successor = True, None
    reference.reference_reason, reference.reference_by = reason.strip(), actor
    reference.reference_since = dt.datetime.now(dt.UTC)
    reference.save()
    return reference


def _check_may_decide(actor: User | None, action_name: str) -> None:
    if actor is not None and not actor.may_change_others:
        raise PermissionDenied(f"{action_name} a reference needs the role shift leader.")


def _check_has_reason(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise EntryInvalid([ValidationIssue("reason", sentence)])


def _already_certified_message(existing: TrackerCertification) -> str:
    sentence = f"{existing} is certified {existing.verdict} by {existing.user.display_name}."
    if existing.verdict == Verdict.GOOD:
        return f"{sentence} Promote that certification instead."
    return f"{sentence} Only what is good, or not certified, can be a reference."


def _bad_components(certification: TrackerCertification) -> Iterator[str]:
    """The components that are not in order, in words."""
    for component_flag in certification.component_flags:
        if not component_flag.is_ok and component_flag.component.counts_for(certification.run_type) is not False:
            yield f"{component_flag.component.label} is {component_flag.flag}"
