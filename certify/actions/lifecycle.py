"""Withdraw, restore and hand over certifications.

Each action takes the actor first, is one transaction, and checks permissions, version and rules.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.operation import operation
from certify.errors import AlreadyCertified, ChangedMeanwhile, EntryInvalid
from certify.models import TrackerCertification
from certify.models.choices import CertificationChangeKind, CertificationState
from certify.rules.entry import ValidationIssue
from certify.selectors import live_certification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from users.models import User


def withdraw_certification(
    actor: User, certification: TrackerCertification, version: int, reason: str
) -> TrackerCertification:
    """Withdraw a live certification: it stays stored, but no longer counts. For its owner and shift leaders.

    Raises `PermissionDenied`, `EntryInvalid` without a reason, and `ChangedMeanwhile`.
    """
    with _locked_for_change(actor, certification, version, CertificationChangeKind.WITHDRAW, reason) as current:
        _check_state(current, CertificationState.LIVE)
        current.state, current.withdrawn_by = CertificationState.WITHDRAWN, actor
        current.withdrawn_at, current.withdrawn_reason = dt.datetime.now(dt.UTC), reason.strip()
    return current


def restore_certification(
    actor: User, certification: TrackerCertification, version: int, reason: str
) -> TrackerCertification:
    """Make a withdrawn certification live again. For its owner and shift leaders.

    Raises as `withdraw_certification`, and `AlreadyCertified` if there is another live one.
    """
    try:
        with _locked_for_change(actor, certification, version, CertificationChangeKind.RESTORE, reason) as current:
            _check_state(current, CertificationState.WITHDRAWN)
            if other := _other_live(current):
                raise AlreadyCertified(other)
            current.state, current.withdrawn_by = CertificationState.LIVE, None
            current.withdrawn_at, current.withdrawn_reason = None, ""
    except IntegrityError:
        if other := _other_live(certification):
            raise AlreadyCertified(other) from None
        raise
    return current


def hand_over_certification(
    actor: User, certification: TrackerCertification, version: int, new_owner: User, reason: str
) -> TrackerCertification:
    """Make another shifter the owner. For shift leaders. Raises as `withdraw_certification`."""
    if not actor.may_change_others:
        raise PermissionDenied("Handing a certification over needs the role shift leader.")
    if certification.is_practice:
        raise PermissionDenied("Practice stays with who made it.")
    with _locked_for_change(actor, certification, version, CertificationChangeKind.HAND_OVER, reason) as current:
        if not new_owner.may_certify:
            raise EntryInvalid(
                [ValidationIssue("to", f"{new_owner.display_name} is not a shifter. Choose somebody who is.")]
            )
        if new_owner.pk == current.user_id:
            raise EntryInvalid(
                [ValidationIssue("to", f"It is {new_owner.display_name}’s already. Choose somebody else.")]
            )
        current.user = new_owner
    return current


def _other_live(row: TrackerCertification) -> TrackerCertification | None:
    return live_certification(row.run_number, row.reconstruction, row.training_of)


def _check_state(current: TrackerCertification, state: CertificationState) -> None:
    if current.state != state:
        raise ChangedMeanwhile(current)


@contextmanager
def _locked_for_change(
    actor: User, certification: TrackerCertification, version: int, kind: CertificationChangeKind, reason: str
) -> Iterator[TrackerCertification]:
    """Lock and check the certification, yield it, then save its changes and record them in the history."""
    with operation(actor, kind, reason=reason, run=certification.run_number) as done:
        current = TrackerCertification.everything.lock_row(certification.pk)
        if not current.may_be_changed_by(actor):
            raise PermissionDenied(
                f"{current.user.display_name} certified this. Only they or a shift leader can do this."
            )
        if not reason.strip():
            raise EntryInvalid([ValidationIssue("reason", "Say why.")])
        if current.version != version:
            raise ChangedMeanwhile(current)
        done.track_loaded(current)
        yield current
        current.touch(actor, reason.strip())
        with transaction.atomic():
            current.save()
