"""Whether a certification stands, and whose it is: withdraw, restore, hand over.

As in `certify.actions`: the actor first, one transaction each, rights, version and rules checked inside.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.choices import Kind
from audit.operation import deed
from certify.errors import AlreadyCertified, ChangedMeanwhile, EntryRefused
from certify.models import TrackerCertification
from certify.models.choices import State
from certify.rules.entry import Refusal
from certify.selectors import live_certification
from users.models import User


def withdraw_certification(
    actor: User, certification: TrackerCertification, version: int, reason: str
) -> TrackerCertification:
    """Withdraw a live certification: it is kept and counts nowhere. Its owner may, and shift leaders.

    Raises `PermissionDenied`, `EntryRefused` without a reason, and `ChangedMeanwhile`.
    """
    with _changed(actor, certification, version, Kind.WITHDRAW, reason) as standing:
        _must_be(standing, State.LIVE)
        standing.state, standing.withdrawn_by = State.WITHDRAWN, actor
        standing.withdrawn_at, standing.withdrawn_reason = dt.datetime.now(dt.UTC), reason.strip()
    return standing


def restore_certification(
    actor: User, certification: TrackerCertification, version: int, reason: str
) -> TrackerCertification:
    """Let a withdrawn certification count again. Its owner may, and shift leaders.

    Raises as `withdraw_certification`, and `AlreadyCertified` where another live one stands.
    """
    try:
        with _changed(actor, certification, version, Kind.RESTORE, reason) as standing:
            _must_be(standing, State.WITHDRAWN)
            if other := _other_live(standing):
                raise AlreadyCertified(other)
            standing.state, standing.withdrawn_by = State.LIVE, None
            standing.withdrawn_at, standing.withdrawn_reason = None, ""
    except IntegrityError:
        if other := _other_live(certification):
            raise AlreadyCertified(other) from None
        raise
    return standing


def hand_over_certification(
    actor: User, certification: TrackerCertification, version: int, to: User, reason: str
) -> TrackerCertification:
    """Make it another shifter's. Shift leaders may. Raises as `withdraw_certification`."""
    if not actor.may_change_others:
        raise PermissionDenied("Handing a certification over needs the role shift leader.")
    if certification.is_practice:
        raise PermissionDenied("Practice stays with who made it.")
    with _changed(actor, certification, version, Kind.HAND_OVER, reason) as standing:
        if not to.may_certify:
            raise EntryRefused([Refusal("to", f"{to.display_name} is not a shifter. Choose somebody who is.")])
        if to.pk == standing.user_id:
            raise EntryRefused([Refusal("to", f"It is {to.display_name}’s already. Choose somebody else.")])
        standing.user = to
    return standing


def _other_live(row: TrackerCertification) -> TrackerCertification | None:
    return live_certification(row.run_number, row.reconstruction, row.practice_of)


def _must_be(standing: TrackerCertification, state: State) -> None:
    if standing.state != state:
        raise ChangedMeanwhile(standing)


@contextmanager
def _changed(
    actor: User, certification: TrackerCertification, version: int, kind: Kind, reason: str
) -> Iterator[TrackerCertification]:
    """The certification, locked and checked; what is set in it inside is saved and on record."""
    with deed(actor, kind, why=reason, run=certification.run_number) as done:
        standing = TrackerCertification.everything.held(certification.pk)
        if not standing.may_be_changed_by(actor):
            raise PermissionDenied(
                f"{standing.user.display_name} certified this. Only they or a shift leader can do this."
            )
        if not reason.strip():
            raise EntryRefused([Refusal("reason", "Say why.")])
        if standing.version != version:
            raise ChangedMeanwhile(standing)
        done.found(standing)
        yield standing
        standing.changed_by(actor, reason.strip())
        with transaction.atomic():
            standing.save()
