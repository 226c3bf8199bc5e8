"""All that writes drafts and leases."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone

from drafts.form_token import FormToken, is_form_key
from drafts.models import DRAFT_RETENTION, Draft, Lease
from users.models import User

LEASE_DURATION = timedelta(seconds=90)
# Made anew whenever a form opens; nobody typed them.
UNTYPED_FIELDS = (
    *("csrfmiddlewaretoken", "sheet", "ticket", "idempotency_key", "again"),
    *("typed_at", "sent_at", "reopened"),
)
DRAFTS_PER_FORM = 20
# A lease that ran out, or was taken over, begins anew. Django's own upsert knows no condition, and opens a transaction.
_OPEN_LEASE = """
    INSERT INTO drafts_lease AS held (user_id, run_number, reconstruction, since, ends_at)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (run_number, reconstruction, user_id) DO UPDATE SET
        since = CASE WHEN held.ends_at <= excluded.since OR held.taken_at IS NOT NULL
                     THEN excluded.since ELSE held.since END,
        ends_at = excluded.ends_at, taken_by_id = NULL, taken_at = NULL
"""
_END_LEASE = "DELETE FROM drafts_lease WHERE user_id = %s AND run_number = %s AND reconstruction = %s"
_CLOSE_FORM = """
    INSERT INTO drafts_draft (user_id, run_number, reconstruction, key, typed, is_done, saved_at)
    VALUES (%s, %s, %s, %s, '', %s, %s)
    ON CONFLICT (key) DO UPDATE SET typed = '', is_done = excluded.is_done, saved_at = excluded.saved_at
"""


def save_draft(form_token: FormToken, sent: QueryDict, *, is_reopened: bool = False) -> datetime | None:
    """Keep what was typed in this form; the time of what is kept, or None when the form was saved meanwhile.

    Text that was typed before what is kept of the form (it lay in a browser) changes nothing. The draft that was
    restored into this form gives way to it, unless somebody typed on there. Who opened the form might certify then: a
    role that was lowered meanwhile costs no text. `is_reopened`: the person came back to a saved form and typed on.
    Raises `PermissionDenied`.
    """
    if not User.objects.filter(pk=form_token.user_id, is_active=True).exists():
        raise PermissionDenied("The account that opened this form is switched off; nothing is kept.")
    of = {
        "user_id": form_token.user_id,
        "run_number": form_token.run_number,
        "reconstruction": form_token.reconstruction,
    }
    typed, typed_at = _typed_fields(sent), timezone.now() - _age_of_typing(sent)
    with transaction.atomic():
        draft, is_new = Draft.objects.select_for_update().get_or_create(
            key=form_token.key, defaults={**of, "typed": typed, "saved_at": typed_at}
        )
        if is_new:
            _delete_restored_draft(form_token)
            _delete_oldest_drafts(of)
            return draft.saved_at
        if draft.is_done and not is_reopened:
            return None
        return _update_draft(draft, typed, typed_at)


def _update_draft(draft: Draft, typed: str, typed_at: datetime) -> datetime:
    """Put newer text into the draft; when what it holds was typed."""
    if draft.is_done or (draft.typed != typed and draft.saved_at <= typed_at):
        draft.typed, draft.saved_at, draft.is_done = typed, typed_at, False
        draft.save(update_fields=["typed", "saved_at", "is_done"])
    return draft.saved_at


def _typed_fields(sent: QueryDict) -> str:
    typed = sent.copy()
    for name in UNTYPED_FIELDS:
        typed.pop(name, None)
    return typed.urlencode()


def _age_of_typing(sent: QueryDict) -> timedelta:
    """How long ago it was typed, by the clock of the browser alone: that may go wrong by hours, but evenly."""
    typed_at, sent_at = sent.get("typed_at", ""), sent.get("sent_at", "")
    if not (typed_at.isdecimal() and sent_at.isdecimal()):
        return timedelta()
    # Longer than drafts are kept makes no difference, nor does a clock that was put back.
    longest = int(DRAFT_RETENTION / timedelta(milliseconds=1))
    return timedelta(milliseconds=min(max(int(sent_at[:20]) - int(typed_at[:20]), 0), longest))


def _delete_restored_draft(form_token: FormToken) -> None:
    """The draft that was put into the form, if it still is what was put there."""
    if form_token.restored_key:
        of_then = {"key": form_token.restored_key, "saved_at": datetime.fromisoformat(form_token.restored_at)}
        Draft.objects.filter(user_id=form_token.user_id, is_done=False, **of_then).delete()


def _delete_oldest_drafts(of: dict[str, object]) -> None:
    """A person who opens a form ever again and types a little each time keeps the last few drafts."""
    kept = Draft.objects.filter(**of, is_done=False).order_by("-saved_at").values_list("pk", flat=True)
    Draft.objects.filter(pk__in=list(kept[DRAFTS_PER_FORM:])).delete()


def discard_draft(actor: User, key: str, form_token: FormToken | None = None) -> None:
    """Remove a draft of one's own; another's, and none, are let be.

    With the draft that was restored into a form goes what was kept of that form (`form_token`) since.
    """
    keys = [key, form_token.key] if form_token and key == form_token.restored_key else [key]
    Draft.objects.filter(user=actor, key__in=[one for one in keys if is_form_key(one)]).delete()


def close_form(actor: User, run_number: int, reconstruction: str, form_token: FormToken | None) -> None:
    """The form was saved: its draft goes, its lease ends, and the form takes no late draft.

    What the person typed in other tabs stays on offer. Each save waits for these two statements.
    """
    of: tuple[int, int, str] = (actor.pk, run_number, reconstruction)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_END_LEASE, of)
        if form_token and form_token.is_of(actor.pk, run_number, reconstruction):
            _delete_restored_draft(form_token)
            now = connection.ops.adapt_datetimefield_value(timezone.now())
            cursor.execute(_CLOSE_FORM, [*of, form_token.key, True, now])


def open_lease(form_token: FormToken) -> None:
    """The person has just opened the form: as `renew_lease`, but in one statement, for a page that has to be quick."""
    now = timezone.now()
    since, ends_at = (connection.ops.adapt_datetimefield_value(one) for one in (now, now + LEASE_DURATION))
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN_LEASE, [form_token.user_id, form_token.run_number, form_token.reconstruction, since, ends_at]
        )


def renew_lease(form_token: FormToken, *, is_opening: bool = False) -> Lease:
    """The person has the form open: for another 90 s. A lease that ran out, and a form just opened, begin anew."""
    now = timezone.now()
    of = {
        "user_id": form_token.user_id,
        "run_number": form_token.run_number,
        "reconstruction": form_token.reconstruction,
    }
    begun = {"since": now, "ends_at": now + LEASE_DURATION}
    with transaction.atomic():
        held = Lease.objects.select_for_update(of=("self",)).select_related("taken_by")
        lease, _ = held.get_or_create(**of, defaults=begun)
        if lease.ends_at <= now or (is_opening and lease.taken_at):
            lease.since, lease.taken_by, lease.taken_at = now, None, None
        lease.ends_at = now + LEASE_DURATION
        lease.save()
    return lease


def release_lease(form_token: FormToken) -> None:
    """The person has left the form."""
    of = {"run_number": form_token.run_number, "reconstruction": form_token.reconstruction}
    Lease.objects.filter(user_id=form_token.user_id, **of).delete()


def take_over(actor: User, form_token: FormToken) -> int:
    """A shift leader takes the form over from everybody who has it open; their pages say so. How many those were."""
    if not actor.may_change_others:
        raise PermissionDenied("Taking a form over needs the role shift leader.")
    theirs = Lease.objects.running().filter(run_number=form_token.run_number, reconstruction=form_token.reconstruction)
    return theirs.exclude(user=actor).update(taken_by=actor, taken_at=timezone.now())


def clear_old_drafts() -> int:
    """Remove drafts that nobody restored for 30 days, and leases that ran out. How many drafts those were."""
    now = timezone.now()
    Lease.objects.filter(ends_at__lt=now - DRAFT_RETENTION).delete()
    return Draft.objects.filter(saved_at__lt=now - DRAFT_RETENTION).delete()[0]
