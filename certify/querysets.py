"""Certifications by what one asks of them. Practice is apart: nobody gets it who does not ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from certify.choices import State
from database.held import held_one
from users.models import User

if TYPE_CHECKING:
    from certify.models import TrackerCertification


class CertificationQuerySet(models.QuerySet["TrackerCertification"]):
    """Rows of certifications."""

    def live(self) -> CertificationQuerySet:
        return self.filter(state=State.LIVE)

    def with_names(self) -> CertificationQuerySet:
        """Each row with what a table shows of it, in the same query. Not its run: its facts are frozen with it."""
        return self.select_related("runreconstruction", "user", "dataset", "reference_runreconstruction", "bad_reason")

    def stale(self) -> CertificationQuerySet:
        """Those of which a fact has changed since."""
        return self.filter(stale_since__isnull=False)

    def incomplete(self) -> CertificationQuerySet:
        """Those made on typed or missing facts, or on a dataset that Run Registry did not name."""
        return self.filter(external_info_complete=False)

    def of_run(self, run_number: int) -> CertificationQuerySet:
        return self.filter(runreconstruction__run_id=run_number)

    def held(self, pk: int) -> TrackerCertification:
        """One row with its names, locked until the transaction ends. Raises `DoesNotExist`."""
        return held_one(self.select_for_update(of=("self",)).with_names().filter(pk=pk))

    def visible_to(self, person: User) -> CertificationQuerySet:
        """All that counts, and practice: one's own, and everybody's for shift leaders."""
        return self if person.may_change_others else self.filter(Q(is_practice=False) | Q(user=person))


class ThatCount(models.Manager.from_queryset(CertificationQuerySet)):  # type: ignore[misc]
    """Certifications without practice, so that no list, number or export has it by mistake."""

    def get_queryset(self) -> CertificationQuerySet:
        return super().get_queryset().filter(is_practice=False)
