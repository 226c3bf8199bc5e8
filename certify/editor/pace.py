"""The pace of a person on this shift, and how long what is left takes at it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.models import TrackerCertification
from infrastructure.database.compiled_query import PLACEHOLDER, PLACEHOLDER_TIME, PrecompiledQuery

if TYPE_CHECKING:
    from datetime import datetime

    from users.models import User

SHIFT_LENGTH = timedelta(hours=8)
# Between two saves: shorter is an import or a form sent twice, longer is a pause.
MIN_GAP, MAX_GAP = timedelta(seconds=3), timedelta(minutes=15)
MIN_GAPS = 3
_MAX_SAVES = 60
_saves_of: PrecompiledQuery[tuple[datetime]] = PrecompiledQuery(
    lambda person, since: (
        TrackerCertification.everything.filter(user=person, created_at__gte=since)
        .order_by("-created_at")
        .values_list("created_at")[:_MAX_SAVES]
    ),
    *(PLACEHOLDER, PLACEHOLDER_TIME),
)


def shift_pace(person: User) -> timedelta | None:
    """Return the median time between two certifications of the last eight hours, pauses left out: one query.

    None below four certifications.
    """
    times = [time for (time,) in _saves_of.rows(person.pk, timezone.now() - SHIFT_LENGTH)]
    gaps = [later - earlier for later, earlier in pairwise(times) if MIN_GAP <= later - earlier <= MAX_GAP]
    seconds = [gap.total_seconds() for gap in gaps]
    return timedelta(seconds=median(seconds)) if len(seconds) >= MIN_GAPS else None


def time_left(count: int, pace: timedelta | None) -> str:
    """Return how long `count` certifications take at this pace, as "about 9 minutes"; "" if it is unknown."""
    if not count or pace is None:
        return ""
    minutes = max(1, round(count * pace / timedelta(minutes=1)))
    if minutes >= 90:
        return f"about {round(minutes / 60)} hours"
    return f"about {minutes} minute{'s' if minutes > 1 else ''}"
