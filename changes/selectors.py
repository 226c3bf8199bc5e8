"""Questions to the database about history and what rests on a reference. Nothing here writes."""

from __future__ import annotations

from django.db.models import QuerySet

from certify.models import CertificationQuerySet, RunReconstruction, TrackerCertification
from history.models import Change, Notice
from users.models import Role, User


def readable_by(person: User) -> QuerySet[Change]:
    """All changes; those of accounts, which tell e-mail addresses, only for admins and for whose account it is."""
    if person.has_role(Role.ADMIN):
        return Change.objects.all()
    of_others = User.history.exclude(id=person.pk)
    return Change.objects.exclude(pk__in=of_others.values("change_id"))


def with_undone(changes: QuerySet[Change]) -> QuerySet[Change]:
    """The changes with those that undid them: one more query for all."""
    return changes.prefetch_related("undone_by")


def changes_of_run(run_number: int) -> QuerySet[Change]:
    """All that was done about one run, newest first."""
    return with_undone(Change.objects.filter(run_number=run_number))


def certifications_of_run(run_number: int) -> CertificationQuerySet:
    """Its certifications, withdrawn ones too."""
    return TrackerCertification.objects.of_run(run_number).with_names().order_by("-state", "pk")


def resting_on(reference: RunReconstruction) -> CertificationQuerySet:
    """The certifications that were made with this reference, newest first; withdrawn ones too."""
    return TrackerCertification.objects.filter(reference_runreconstruction=reference).with_names().order_by("-pk")


def notices_for(person: User) -> QuerySet[Change]:
    """Changes of what is this person's, made by others, that they have not yet acknowledged; newest first."""
    unseen = Notice.objects.filter(person=person, acknowledged_at__isnull=True)
    return with_undone(Change.objects.filter(pk__in=unseen.values("change_id")))
