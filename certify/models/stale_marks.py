"""The history of the mark *stale* of certifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef

from audit.models import AppendOnlyModel, AppendOnlyQuerySet
from certify.models.certification import TrackerCertification

if TYPE_CHECKING:
    from datetime import datetime


class StaleMarkQuerySet(AppendOnlyQuerySet):
    """Queries for marks."""

    def stale_keys(self, moment: datetime) -> set[int]:
        """Return the primary keys of the certifications that were stale at a time (UTC): one query."""
        later = self.filter(certification=OuterRef("certification"), at__lte=moment, pk__gt=OuterRef("pk"))
        rows = self.filter(~Exists(later), at__lte=moment).exclude(differences=[])
        return set(rows.values_list("certification", flat=True))


class StaleMark(AppendOnlyModel):
    """The facts that differ from those of a certification, as `TrackerCertification.stale`, from `at` (UTC) on.

    A row for each change of them; an empty list from when it is not stale any more. The mark follows from facts and
    changes without a new version, so that it is no part of the history of the certification.
    """

    certification = models.ForeignKey(TrackerCertification, models.PROTECT, related_name="stale_marks")
    at = models.DateTimeField()
    differences = models.JSONField()

    objects: ClassVar[Any] = StaleMarkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.certification_id} {'stale' if self.differences else 'not stale'}, {self.at:%Y-%m-%d %H:%M} UTC"
