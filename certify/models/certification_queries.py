"""Queries of certifications. The default manager excludes practice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from certify.models.choices import CertificationState
from infrastructure.database.locking import lock_one

if TYPE_CHECKING:
    from certify.models.certification import TrackerCertification
    from users.models import User

# Certifications with facts to complete, or that were saved before the lumisections of their run had been read.
INCOMPLETE = Q(external_info_complete=False) | Q(lumisections_seen=False)


class CertificationQuerySet(models.QuerySet["TrackerCertification"]):
    """QuerySet of certifications."""

    def live(self) -> CertificationQuerySet:
        return self.filter(state=CertificationState.LIVE)

    def with_names(self) -> CertificationQuerySet:
        """Select the related rows that tables show. The run is not selected: its facts are stored with the row."""
        return self.select_related("runreconstruction", "user", "dataset", "reference_runreconstruction", "bad_reason")

    def stale(self) -> CertificationQuerySet:
        """Certifications with a fact that has changed since they were made."""
        return self.filter(stale_since__isnull=False)

    def incomplete(self) -> CertificationQuerySet:
        """Certifications made with typed, missing or unread facts, or with an unverified dataset."""
        return self.filter(INCOMPLETE)

    def of_run(self, run_number: int) -> CertificationQuerySet:
        return self.filter(runreconstruction__run_id=run_number)

    def lock_row(self, pk: int) -> TrackerCertification:
        """Return the row with its related rows, locked until the transaction ends. Raises `DoesNotExist`."""
        return lock_one(self.select_for_update(of=("self",)).with_names().filter(pk=pk))

    def visible_to(self, person: User) -> CertificationQuerySet:
        """Certifications that `person` may see: all that count, their own practice, all practice for shift leaders."""
        return self if person.may_change_others else self.filter(Q(is_practice=False) | Q(user=person))


class CertificationManager(models.Manager.from_queryset(CertificationQuerySet)):  # type: ignore[misc]
    """Default manager. It excludes practice, so that no list, count or export includes it by mistake."""

    def get_queryset(self) -> CertificationQuerySet:
        return super().get_queryset().filter(is_practice=False)
