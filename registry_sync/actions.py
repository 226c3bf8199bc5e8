"""Confirmations: what a person lets the sender write, each in one transaction with its row of the history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied

from audit.operation import operation
from certify.models import TrackerCertification
from certify.models.components import Component
from infrastructure.http.results import Found
from registry.dataset_status import DatasetStatus, fetch_dataset_status, flags_within
from registry.writes import MOVES, DatasetKey
from registry_sync.choices import WRITTEN, SendingPurpose, SyncChangeKind
from registry_sync.expectation import statuses_of
from registry_sync.models import RegistryWrite, Sending, stored_flag_ranges_of
from registry_sync.plan import PlannedEdit, undoing_edits
from registry_sync.planning import AFTER_EDITS, SendingPlan, last_lumisection
from registry_sync.refusals import purpose_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infrastructure.http.budget import Budget
    from users.models import User


class PlanChanged(Exception):
    """What was confirmed is not what would be sent now. `plan` is the new one."""

    def __init__(self, plan: SendingPlan) -> None:
        super().__init__("The plan has changed.")
        self.plan = plan


def confirm_plan(actor: User, plan: SendingPlan) -> Sending:
    """Store what the plan would write, for the sender: one operation. Raises `PermissionDenied` and `PlanChanged`."""
    check_may_send(actor)
    if not plan.can_be_confirmed:
        raise PlanChanged(plan)
    return _store(actor, plan, SendingPurpose.CERTIFY, plan.edits)


def confirm_move(actor: User, plan: SendingPlan, purpose: SendingPurpose, state_from: str, state_to: str) -> Sending:
    """Store the move of a state alone. Raises `PermissionDenied`, and `PlanChanged` if it is in another state."""
    check_may_send(actor)
    is_incomplete = purpose == SendingPurpose.COMPLETE and not plan.can_be_completed
    is_refused = bool(purpose_refusals(plan.certification, purpose))
    if plan.status is None or plan.status.state != state_from or is_incomplete or is_refused:
        raise PlanChanged(plan)
    return _store(actor, replace(plan, state_to=state_to), purpose, ())


def check_may_send(actor: User) -> None:
    """Raise `PermissionDenied` unless the actor may send, here and now."""
    if settings.REGISTRY_SYNC != "on":
        raise PermissionDenied("Sending to Run Registry is switched off here.")
    if not actor.may_change_others or actor.in_training:
        raise PermissionDenied("Sending to Run Registry needs the role shift leader.")


def confirm_undo(actor: User, sending: Sending, budget: Budget) -> Sending | str:
    """Store that the flags which a sending replaced are written back, or return why that cannot be done, a sentence.

    Flags that somebody has changed since are left. The state stays as it is. Raises `PermissionDenied`.
    """
    check_may_send(actor)
    if not sending.is_finished:
        return "not each write of it is final yet. Wait until it is."
    dataset = DatasetKey(sending.run_number, sending.registry_name)
    status = fetch_dataset_status(dataset, budget)
    if not isinstance(status, Found):
        return status.sentence
    if status.value.damage or status.value.state not in AFTER_EDITS:
        return status.value.damage or f"the dataset is {status.value.state}. Move it back to SIGNOFF first."
    edits = _edits_to_undo(sending, status.value)
    if not edits:
        return "nothing of it is in Run Registry any more."
    plan = SendingPlan(sending.certification, dataset, status.value, state_to=status.value.state)
    return _store(actor, plan, SendingPurpose.UNDO, edits, undoes=sending)


def _edits_to_undo(sending: Sending, status: DatasetStatus) -> list[PlannedEdit]:
    """Return what writes back the flags that were replaced, where Run Registry still has what was written."""
    written = [
        PlannedEdit(Component(write.component), write.first, write.last, write.triplet, tuple(write.before_ranges))
        for write in sending.writes.all()
        if write.state in WRITTEN and write.first and write.last
    ]
    return [
        edit
        for edit in undoing_edits(written)
        if all(
            flag.triplet == edit.before[0].triplet
            for flag in flags_within(status.flags.get(edit.component, ()), edit.first, edit.last)
        )
    ]


def _store(
    actor: User,
    plan: SendingPlan,
    purpose: SendingPurpose,
    edits: Iterable[PlannedEdit],
    undoes: Sending | None = None,
) -> Sending:
    """Store a sending with its writes, or return the one that another person confirmed at the same time."""
    with operation(actor, SyncChangeKind.SEND, run=plan.certification.run_number):
        locked = TrackerCertification.everything.lock_row(plan.certification.pk)
        is_changed = purpose != SendingPurpose.UNDO and locked.version != plan.certification.version
        if is_changed or purpose_refusals(locked, purpose):
            raise PlanChanged(plan)
        sending = _unsaved_sending(plan, actor, purpose, undoes)
        writes = writes_of(sending, edits, plan.state_to)
        if twin := _twin(sending, writes):
            return twin
        sending.save()
        RegistryWrite.objects.bulk_create(writes)
    return sending


def _unsaved_sending(plan: SendingPlan, actor: User, purpose: SendingPurpose, undoes: Sending | None) -> Sending:
    certification, status, dataset = plan.certification, plan.status, plan.dataset
    if status is None or dataset is None:
        raise PlanChanged(plan)
    return Sending(
        certification=certification,
        version=certification.version,
        purpose=purpose,
        run_number=dataset.run_number,
        registry_name=dataset.registry_name,
        registry_state=status.state,
        registry_version=status.version,
        flags_read=statuses_of(status.flags),
        last_lumisection=undoes.last_lumisection if undoes else last_lumisection(certification, status),
        confirmed_by=actor,
        undoes=undoes,
    )


def _twin(sending: Sending, writes: list[RegistryWrite]) -> Sending | None:
    """Return the last sending of the certification if it is under way and has the same requests."""
    last = Sending.objects.filter(certification=sending.certification_id).prefetch_related("writes").first()
    if last is None or last.is_finished:
        return None
    is_same = (last.version, last.purpose, last.undoes_id) == (sending.version, sending.purpose, sending.undoes_id)
    return last if is_same and [write.request for write in last.writes.all()] == [w.request for w in writes] else None


def writes_of(sending: Sending, edits: Iterable[PlannedEdit], state_to: str) -> list[RegistryWrite]:
    """Return the unsaved writes of a sending: the edits, then the move of the state if it changes."""
    writes = [
        RegistryWrite(
            sending=sending,
            position=position,
            component=edit.component,
            first=edit.first,
            last=edit.last,
            status=edit.triplet.status,
            comment=edit.triplet.comment,
            cause=edit.triplet.cause,
            before=stored_flag_ranges_of(edit.before),
        )
        for position, edit in enumerate(edits)
    ]
    state_from = sending.registry_state
    if (state_from, state_to) in MOVES:
        writes.append(RegistryWrite(sending=sending, position=len(writes), state_from=state_from, state_to=state_to))
    return writes
