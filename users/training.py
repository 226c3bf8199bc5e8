"""The switch of training: what a person certifies while it is on is practice and counts nowhere."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.choices import ChangeKind
from audit.operation import operation
from users.models import User

MAX_REASON_LENGTH = 300


class TrainingUnchanged(Exception):
    """Training stays as it is; the text says why to a person."""


def switch_training(actor: User, person: User, *, is_on: bool, reason: str) -> User:
    """Put a person in training, or take them out. Shift leaders may, with a reason of up to 300 characters.

    Raises `PermissionDenied`, and `NotSwitched` where it is so already, no reason is given, or they certify nothing.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Training needs the role shift leader.")
    if not reason.strip():
        raise TrainingUnchanged("Say why.")
    with operation(actor, ChangeKind.TRAINING, reason=reason):
        held = User.objects.select_for_update().get(pk=person.pk)
        if held.in_training == is_on:
            raise TrainingUnchanged(f"{held.display_name} is {'in' if is_on else 'not in'} training already.")
        if is_on and not held.may_certify:
            raise TrainingUnchanged(f"{held.display_name} certifies nothing: training is for shifters.")
        held.in_training, held.training_since = is_on, timezone.now()
        held.training_by, held.training_reason = actor.username, reason.strip()[:MAX_REASON_LENGTH]
        held.save(update_fields=["in_training", "training_since", "training_by", "training_reason"])
    return held


def training_candidates() -> list[User]:
    """Who may certify, those in training first; then by account name."""
    people = User.objects.filter(is_active=True).exclude(role="guest").order_by("-in_training", "username")
    return list(people)
