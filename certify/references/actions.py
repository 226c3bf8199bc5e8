"""What is done with reference runs: adopt, promote, retire. The actor first, one transaction each, one change each.

As in `certify.actions`: rights and rules are checked inside, on rows that are held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.core.exceptions import PermissionDenied

from audit.choices import Kind
from audit.operation import deed
from certify.actions.certify import locked_reconstruction
from certify.errors import EntryRefused
from certify.models import RunReconstruction, TrackerCertification
from certify.models.choices import Component, State, Verdict
from certify.models.verdict import is_ok
from certify.rules.entry import Refusal, in_a_row
from certify.selectors import live_certification
from oms.choices import RunType
from oms.models import OmsRun
from users.models import User


def adopt_reference(actor: User | None, run: OmsRun, reconstruction: str, reason: str) -> RunReconstruction:
    """Make a run that OMS knows a reference although nobody certified it here; `reason` says why.

    `actor` is None for the command line, whose user is trusted. Raises `PermissionDenied` and `EntryRefused`.
    """
    _may_decide(actor, "Adopting")
    _needs(reason, "Say why this run is adopted.")
    with deed(actor, Kind.ADOPT, why=reason, run=run.run_number):
        reference = locked_reconstruction(run, reconstruction)
        if reference.is_reference:
            raise EntryRefused([Refusal("run_number", f"{reference} is a reference run already.")])
        if standing := live_certification(run.run_number, reconstruction):
            raise EntryRefused([Refusal("run_number", _certified_already(standing))])
        return _made_reference(actor, reference, reason)


def promote_reference(actor: User, certification: TrackerCertification, reason: str) -> RunReconstruction:
    """Make what is certified good a reference. Shift leaders may, with a reason.

    Raises `PermissionDenied` and `EntryRefused`, which says all that stands in the way.
    """
    _may_decide(actor, "Promoting")
    _needs(reason, "Say why this run becomes a reference.")
    with deed(actor, Kind.PROMOTE, why=reason, run=certification.run_number):
        held = RunReconstruction.objects.select_for_update().get(pk=certification.runreconstruction_id)
        made = TrackerCertification.everything.held(certification.pk)
        made.runreconstruction = held
        if found := list(obstacles(made)):
            raise EntryRefused([Refusal("", sentence) for sentence in found])
        return _made_reference(actor, held, reason)


def obstacles(made: TrackerCertification) -> Iterator[str]:
    """Why this certification cannot become a reference, a sentence each; none where it can."""
    held = made.runreconstruction
    if held.is_reference:
        yield f"{held} is a reference run already."
    if made.state == State.WITHDRAWN and made.withdrawn_by and made.withdrawn_at:
        yield (
            f"It is withdrawn (by {made.withdrawn_by.display_name}, {made.withdrawn_at:%Y-%m-%d %H:%M} UTC: "
            f"{made.withdrawn_reason}). Restore it first."
        )
    if made.is_practice:
        yield "It was made for practice, and practice is no reference."
    if made.verdict == Verdict.BAD:
        yield f"It is bad: {in_a_row(list(_what_is_bad(made)))}. Only what is good can be a reference."
    if made.verdict == Verdict.UNDECIDED:
        yield "Its verdict is undecided, because the run type is unknown. Type the run type first."


def retire_reference(
    actor: User, reference: RunReconstruction, reason: str, successor: RunReconstruction | None = None
) -> RunReconstruction:
    """Offer a reference run no longer; what rests on it keeps it. Shift leaders may, with a reason.

    `successor`, another reference of the same run type, is offered in its place; and in the place of those whose place
    this one took. Raises `PermissionDenied` and `EntryRefused`.
    """
    _may_decide(actor, "Retiring")
    _needs(reason, "Say why this reference is retired.")
    with deed(actor, Kind.RETIRE, why=reason, run=reference.run_id):
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


def _check_successor(retired: RunReconstruction, following: RunReconstruction | None) -> None:
    if not retired.is_reference:
        raise EntryRefused([Refusal("reason", f"{retired} is retired already.")])
    if following is None:
        return
    types = {retired.run.run_type, following.run.run_type} - {RunType.UNKNOWN.value}
    if following.pk == retired.pk or not following.is_reference:
        raise EntryRefused([Refusal("successor", f"{following} is no other reference run. Choose another.")])
    if len(types) > 1:
        sentence = f"{following} is of run type {following.run.run_type}, {retired} is not. Choose another."
        raise EntryRefused([Refusal("successor", sentence)])


def _made_reference(actor: User | None, reference: RunReconstruction, reason: str) -> RunReconstruction:
    reference.is_reference, reference.successor = True, None
    reference.reference_reason, reference.reference_by = reason.strip(), actor
    reference.reference_since = dt.datetime.now(dt.UTC)
    reference.save()
    return reference


def _may_decide(actor: User | None, what: str) -> None:
    if actor is not None and not actor.may_change_others:
        raise PermissionDenied(f"{what} a reference needs the role shift leader.")


def _needs(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise EntryRefused([Refusal("reason", sentence)])


def _certified_already(standing: TrackerCertification) -> str:
    by = f"{standing} is certified {standing.verdict} by {standing.user.display_name}"
    if standing.verdict == Verdict.GOOD:
        return f"{by}. Promote that certification instead."
    return f"{by}. Only what is good, or not certified, can be a reference."


def _what_is_bad(made: TrackerCertification) -> Iterator[str]:
    """The components that are not in order, in words."""
    for one in Component:
        flag, is_low = getattr(made, one.value), getattr(made, f"{one.value}_lowstat")
        counts = one != Component.PIXEL or made.run_type != RunType.COSMICS
        if counts and not is_ok(flag, is_low):
            yield f"{one.label} is {flag}"
