"""Training mode of users. Certifications made in training are practice and are excluded from all results."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.operation import operation
from users.choices import AccountChangeKind
from users.models import User

MAX_REASON_LENGTH = 300


class TrainingUnchanged(Exception):
    """Training was not switched. The text is shown to the user."""


def switch_training(actor: User, person: User, *, is_on: bool, reason: str) -> User:
    """Switch training of `person` on or off, with a reason of up to 300 characters, and return the user.

    Raises `PermissionDenied` below the role shift leader, and `TrainingUnchanged` without a reason, if the state is the
    same already, or if the person may not certify.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Training needs the role shift leader.")
    if not reason.strip():
        raise TrainingUnchanged("Say why.")
    with operation(actor, AccountChangeKind.TRAINING, reason=reason):
        user = User.objects.select_for_update().get(pk=person.pk)
        if user.in_training == is_on:
            raise TrainingUnchanged(f"{user.display_name} is {'in' if is_on else 'not in'} training already.")
        if is_on and not user.may_certify:
            raise TrainingUnchanged(f"{user.display_name} certifies nothing: training is for shifters.")
        user.in_training, user.training_since = is_on, timezone.now()
        user.training_by, user.training_reason = actor.username, reason.strip()[:MAX_REASON_LENGTH]
        user.save(update_fields=["in_training", "training_since", "training_by", "training_reason"])
    return user


def training_candidates() -> list[User]:
    """Return the active users who may certify: those in training first, then by account name."""
    return list(User.objects.filter(is_active=True).exclude(role="guest").order_by("-in_training", "username"))
