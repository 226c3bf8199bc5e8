"""Queries for the history pages. They do not write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from audit.models import Change, Notice
from audit.undo import UndoPlan, plan_undo
from certify.models import Checklist, TrackerCertification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from certify.models.certification_queries import CertificationQuerySet
    from users.models import User

CHUNK_SIZE = 500


def readable_by(person: User) -> QuerySet[Change]:
    """Return all changes except those that other users made in training."""
    practice = TrackerCertification.history.filter(is_practice=True).exclude(user_id=person.pk)
    return Change.objects.exclude(pk__in=practice.values("change_id"))


def with_undoing_changes(changes: QuerySet[Change]) -> QuerySet[Change]:
    """Return the changes with their undoing changes prefetched: one additional query."""
    return changes.prefetch_related("undone_by")


def iterate_in_chunks(changes: QuerySet[Change]) -> Iterator[Change]:
    """Yield the changes, newest first, with one query for each 500, so that not all of them are in memory."""
    last = None
    while chunk := list((changes if last is None else changes.filter(pk__lt=last)).order_by("-pk")[:CHUNK_SIZE]):
        yield from chunk
        last = chunk[-1].pk


def undo_plan(person: User, key: int) -> UndoPlan:
    """Return what the undo of a change would do. Raises `Http404`, or `PermissionDenied` if `person` may not undo."""
    plan = plan_undo(get_object_or_404(Change, pk=key), person)
    if plan.steps and not plan.is_allowed_to(person):
        raise PermissionDenied("Only who may make the opposite change can undo this one.")
    return plan


def changes_of_run(run_number: int, reader: User) -> QuerySet[Change]:
    """Return the changes of one run, newest first."""
    return with_undoing_changes(readable_by(reader).filter(run_number=run_number))


def certifications_of_run(run_number: int) -> CertificationQuerySet:
    """Return the certifications of a run, including withdrawn ones."""
    rows: CertificationQuerySet = TrackerCertification.objects.of_run(run_number)
    return rows.with_names().order_by("-state", "pk")


def unacknowledged_changes(person: User) -> QuerySet[Change]:
    """Return the changes that others made to rows of this user and that the user has not acknowledged yet."""
    unseen = Notice.objects.filter(person=person, acknowledged_at__isnull=True)
    return with_undoing_changes(Change.objects.filter(pk__in=unseen.values("change_id")))


def checklist_edition(row: Checklist, edition: str) -> Checklist:
    """Return the checklist as an unsaved instance with the content of an edition. Raises `Http404`.

    Editions count the saves of a checklist, from 1.
    """
    number = int(edition) if edition.isascii() and edition.isdigit() and len(edition) < 6 else 0
    if number == row.edition:
        return row
    version = Checklist.history.filter(id=row.pk).order_by("pk")[number - 1 : number].first() if number else None
    if version is None:
        raise Http404(f"“{row}” has no edition {edition[:20]}: they go from 1 to {row.edition}.")
    return Checklist(pk=row.pk, identifier=row.identifier, title=version.title, text=version.text)
