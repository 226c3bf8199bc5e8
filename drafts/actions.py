"""All that writes drafts and leases."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from drafts.models import KEPT, Draft, Lease
from drafts.sheet import Sheet, is_key
from users.models import User

LEASE = timedelta(seconds=90)
# Made anew whenever a form opens; nobody typed them.
NOT_TYPED = ("csrfmiddlewaretoken", "sheet", "ticket", "idempotency_key", "again")
DRAFTS_PER_FORM = 3


def keep_draft(sheet: Sheet, sent: QueryDict, *, is_reopened: bool = False) -> datetime | None:
    """Keep what was typed on this sheet; the time of it, or None when the sheet was saved meanwhile.

    `is_reopened`: the person came back to a saved sheet and typed on. Raises `PermissionDenied`.
    """
    person = User.objects.filter(pk=sheet.person).first()
    if person is None or not person.may_certify:
        raise PermissionDenied("Drafts need the role shifter.")
    typed = sent.copy()
    for name in NOT_TYPED:
        typed.pop(name, None)
    of = {"user_id": sheet.person, "run_number": sheet.run_number, "reconstruction": sheet.reconstruction}
    now = timezone.now()
    with transaction.atomic():
        draft, is_new = Draft.objects.select_for_update().get_or_create(
            key=sheet.key, defaults={**of, "opened": sheet.opened, "saved_at": now}
        )
        if draft.is_done and not is_reopened:
            return None
        draft.typed, draft.opened, draft.saved_at, draft.is_done = typed.urlencode(), sheet.opened, now, False
        draft.save(update_fields=["typed", "opened", "saved_at", "is_done"])
        if is_new:
            _drop_beyond_the_newest(of)
    return now


def _drop_beyond_the_newest(of: dict[str, object]) -> None:
    """A person who opens a form ever again and types a little each time keeps the last few drafts."""
    kept = Draft.objects.filter(**of, is_done=False).order_by("-saved_at").values_list("pk", flat=True)
    Draft.objects.filter(pk__in=list(kept[DRAFTS_PER_FORM:])).delete()


def discard_draft(actor: User, key: str) -> None:
    """Remove a draft of one's own; another's, and none, are let be."""
    if is_key(key):
        Draft.objects.filter(user=actor, key=key).delete()


def finish(actor: User, run_number: int, reconstruction: str, sheet: Sheet | None) -> None:
    """The form was saved: the person's drafts of it go, its lease ends, and its sheet takes no late draft."""
    of = {"run_number": run_number, "reconstruction": reconstruction}
    old = timezone.now() - KEPT
    Draft.objects.filter(Q(**of) | Q(saved_at__lt=old), user=actor).delete()
    Lease.objects.filter(user=actor, **of).delete()
    if sheet and sheet.is_of(actor.pk, run_number, reconstruction):
        done = {"user": actor, **of, "opened": sheet.opened, "saved_at": timezone.now(), "is_done": True}
        Draft.objects.get_or_create(key=sheet.key, defaults=done)


def renew_lease(sheet: Sheet, *, is_opening: bool = False) -> Lease:
    """The person has the form open: for another 90 s. A lease that ran out, and a form just opened, begin anew."""
    now = timezone.now()
    of = {"user_id": sheet.person, "run_number": sheet.run_number, "reconstruction": sheet.reconstruction}
    begun = {"since": now, "ends_at": now + LEASE}
    with transaction.atomic():
        held = Lease.objects.select_for_update(of=("self",)).select_related("taken_by")
        lease, _ = held.get_or_create(**of, defaults=begun)
        if lease.ends_at <= now or (is_opening and lease.taken_at):
            lease.since, lease.taken_by, lease.taken_at = now, None, None
        lease.ends_at = now + LEASE
        lease.save()
    return lease


def release_lease(sheet: Sheet) -> None:
    """The person has left the form."""
    of = {"run_number": sheet.run_number, "reconstruction": sheet.reconstruction}
    Lease.objects.filter(user_id=sheet.person, **of).delete()


def take_over(actor: User, sheet: Sheet) -> int:
    """A shift leader takes the form over from everybody who has it open; their pages say so. How many those were."""
    if not actor.may_change_others:
        raise PermissionDenied("Taking a form over needs the role shift leader.")
    theirs = Lease.objects.running().filter(run_number=sheet.run_number, reconstruction=sheet.reconstruction)
    return theirs.exclude(user=actor).update(taken_by=actor, taken_at=timezone.now())


def clear_old_drafts() -> int:
    """Remove drafts that nobody restored for 30 days, and leases that ran out. How many drafts those were."""
    now = timezone.now()
    Lease.objects.filter(ends_at__lt=now - KEPT).delete()
    return Draft.objects.filter(saved_at__lt=now - KEPT).delete()[0]
