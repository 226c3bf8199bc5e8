"""The part "Training": who is in training, and who has practice certifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count

from certify.models import TrackerCertification
from users.models import User
from users.training import training_candidates

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.access import SignedInRequest

PracticeCounts = list[tuple[User, int]]


def part(request: SignedInRequest, _scope: Scope) -> dict[str, Any]:
    """The people in training, for shift leaders only; None for other readers, who see who sets it."""
    return {"practice_counts": practice_counts() if request.user.may_change_others else None}


def practice_counts() -> PracticeCounts:
    """People in training and people with practice certifications, each with the number of these: two queries."""
    practice = TrackerCertification.everything.live().filter(is_practice=True).order_by()
    number = dict(practice.values_list("user").annotate(Count("pk")))
    people = [person for person in training_candidates() if person.in_training or person.pk in number]
    return [(person, number.get(person.pk, 0)) for person in people]
