"""What is done with reference runs: adopt, promote, retire. The actor first, one transaction each, one change each.

As in `certify.actions`: rights and rules are checked inside, on rows that are held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.core.exceptions import PermissionDenied

from audit.choices import ChangeKind
from audit.operation import operation
from certify.actions.certify import lock_reconstruction
from certify.errors import EntryInvalid
from certify.models import RunReconstruction, TrackerCertification
from certify.models.choices import CertificationState, Verdict
from certify.rules.entry import ValidationIssue, join_names
from certify.rules.reference_type import has_fitting_type
from certify.selectors import live_certification
from oms.models import OmsRun
from users.models import User


def adopt_reference(actor: User | None, run: OmsRun, reconstruction: str, reason: str) -> RunReconstruction:
    """Make a run that OMS knows a reference although nobody certified it here; `reason` says why.

    `actor` is None for the command line, whose user is trusted. Raises `PermissionDenied` and `EntryInvalid`.
    """
    _check_may_decide(actor, "Adopting")
    _check_has_reason(reason, "Say why this run is adopted.")
    with operation(actor, ChangeKind.ADOPT, reason=reason, run=run.run_number):
        reference = lock_reconstruction(run, reconstruction)
        if reference.is_reference:
            raise EntryInvalid([ValidationIssue("run_number", f"{reference} is a reference run already.")])
        if standing := live_certification(run.run_number, reconstruction):
            raise EntryInvalid([ValidationIssue("run_number", _already_certified_message(standing))])
        return _mark_as_reference(actor, reference, reason)


def promote_reference(actor: User, certification: TrackerCertification, reason: str) -> RunReconstruction:
    """Make what is certified good a reference. Shift leaders may, with a reason.

    Raises `PermissionDenied` and `EntryInvalid`, which says all that stands in the way.
    """
    _check_may_decide(actor, "Promoting")
    _check_has_reason(reason, "Say why this run becomes a reference.")
    with operation(actor, ChangeKind.PROMOTE, reason=reason, run=certification.run_number):
        held = RunReconstruction.objects.select_for_update().get(pk=certification.runreconstruction_id)
        made = TrackerCertification.everything.lock_row(certification.pk)
        made.runreconstruction = held
        if found := list(promotion_obstacles(made)):
            raise EntryInvalid([ValidationIssue("", sentence) for sentence in found])
        return _mark_as_reference(actor, held, reason)


def promotion_obstacles(made: TrackerCertification) -> Iterator[str]:
    """Why this certification cannot become a reference, a sentence each; none where it can."""
    held = made.runreconstruction
    if held.is_reference:
        yield f"{held} is a reference run already."
    if made.state == CertificationState.WITHDRAWN and made.withdrawn_by and made.withdrawn_at:
        yield (
            f"It is withdrawn (by {made.withdrawn_by.display_name}, {made.withdrawn_at:%Y-%m-%d %H:%M} UTC: "
            f"{made.withdrawn_reason}). Restore it first."
        )
    if made.is_practice:
        yield "It was made for practice, and practice is no reference."
    if made.verdict == Verdict.BAD:
        yield f"It is bad: {join_names(list(_bad_components(made)))}. Only what is good can be a reference."
    if made.verdict == Verdict.UNDECIDED:
        yield "Its verdict is undecided, because the run type is unknown. Type the run type first."


def retire_reference(
    actor: User, reference: RunReconstruction, reason: str, successor: RunReconstruction | None = None
) -> RunReconstruction:
    """Offer a reference run no longer; what rests on it keeps it. Shift leaders may, with a reason.

    `successor`, another reference of the same run type, is offered in its place; and in the place of those whose place
    this one took. Raises `PermissionDenied` and `EntryInvalid`.
    """
    _check_may_decide(actor, "Retiring")
    _check_has_reason(reason, "Say why this reference is retired.")
    with operation(actor, ChangeKind.RETIRE, reason=reason, run=reference.run_id):
        # In the order of their keys, so that two who retire each other's successor never wait for each other.
        keys = {reference.pk, *([successor.pk] if successor else [])}
        rows = RunReconstruction.objects.select_for_update(of=("self",)).select_related("run").order_by("pk")
        held = {row.pk: row for row in rows.filter(pk__in=keys)}
        retired, following = held[reference.pk], held[successor.pk] if successor else None
        _check_successor(retired, following)
        retired.is_reference, retired.successor = False, following
        retired.save()
        for one in rows.filter(successor=retired):
            one.successor = following
            one.save()
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
    by = f"{existing} is certified {existing.verdict} by {existing.user.display_name}"
    if existing.verdict == Verdict.GOOD:
        return f"{by}. Promote that certification instead."
    return f"{by}. Only what is good, or not certified, can be a reference."


def _bad_components(made: TrackerCertification) -> Iterator[str]:
    """The components that are not in order, in words."""
    for one in made.component_flags:
        if not one.is_ok and one.component.counts_for(made.run_type) is not False:
            yield f"{one.component.label} is {one.flag}"
