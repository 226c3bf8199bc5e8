"""Actions that create, change and delete drafts and leases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from drafts.form_token import FormToken, is_form_key
from drafts.models import DRAFT_RETENTION, Draft, Lease
from users.models import User

if TYPE_CHECKING:
    from django.http import QueryDict

LEASE_DURATION = timedelta(seconds=90)
# Fields that are generated when a form opens and not typed by the user.
UNTYPED_FIELDS = (
    *("csrfmiddlewaretoken", "sheet", "ticket", "idempotency_key", "again"),
    *("typed_at", "sent_at", "reopened"),
)
DRAFTS_PER_FORM = 20
# An expired lease, or one that was taken over, starts again. `bulk_create` supports no such condition and opens a
# transaction.
_OPEN_LEASE = """
    INSERT INTO drafts_lease AS lease (user_id, run_number, reconstruction, since, ends_at)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (run_number, reconstruction, user_id) DO UPDATE SET
        since = CASE WHEN lease.ends_at <= excluded.since OR lease.taken_at IS NOT NULL
                     THEN excluded.since ELSE lease.since END,
        ends_at = excluded.ends_at, taken_by_id = NULL, taken_at = NULL
"""
_END_LEASE = "DELETE FROM drafts_lease WHERE user_id = %s AND run_number = %s AND reconstruction = %s"
_CLOSE_FORM = """
    INSERT INTO drafts_draft (user_id, run_number, reconstruction, key, typed, is_done, saved_at)
    VALUES (%s, %s, %s, %s, '', %s, %s)
    ON CONFLICT (key) DO UPDATE SET typed = '', is_done = excluded.is_done, saved_at = excluded.saved_at
"""


def save_draft(form_token: FormToken, sent: QueryDict, *, is_reopened: bool = False) -> datetime | None:
    """Save the typed fields of a form as its draft and return when its text was typed (UTC).

    Returns None if the form itself was saved meanwhile, unless `is_reopened`: the user returned to it and typed more.
    Text older than that of the draft, as a browser may still send it, is ignored. The draft that was restored into the
    form is deleted, unless it was changed elsewhere. The role is not checked, so that a lowered role loses no text.
    Raises `PermissionDenied` for an inactive account.
    """
    if not User.objects.filter(pk=form_token.user_id, is_active=True).exists():
        raise PermissionDenied("The account that opened this form is switched off; nothing is kept.")
    form_key = {
        "user_id": form_token.user_id,
        "run_number": form_token.run_number,
        "reconstruction": form_token.reconstruction,
    }
    typed, typed_at = typed_fields(sent), timezone.now() - _age_of_typing(sent)
    with transaction.atomic():
        draft, is_new = Draft.objects.select_for_update().get_or_create(
            key=form_token.key, defaults={**form_key, "typed": typed, "saved_at": typed_at}
        )
        if is_new:
            _delete_restored_draft(form_token)
            _delete_oldest_drafts(form_key)
            return draft.saved_at
        if draft.is_done and not is_reopened:
            return None
        return _update_draft(draft, typed, typed_at)


def _update_draft(draft: Draft, typed: str, typed_at: datetime) -> datetime:
    """Store the text unless that of the draft is newer, and return when the text of the draft was typed."""
    if draft.is_done or (draft.typed != typed and draft.saved_at <= typed_at):
        draft.typed, draft.saved_at, draft.is_done = typed, typed_at, False
        draft.save(update_fields=["typed", "saved_at", "is_done"])
    return draft.saved_at


def typed_fields(sent: QueryDict) -> str:
    """Return the urlencoded fields of a form, without those that are generated when it opens."""
    typed = sent.copy()
    for name in UNTYPED_FIELDS:
        typed.pop(name, None)
    return typed.urlencode()


def _age_of_typing(sent: QueryDict) -> timedelta:
    """Return the age of the text, from two times of the browser's clock, which may be wrong by a constant."""
    typed_at, sent_at = sent.get("typed_at", ""), sent.get("sent_at", "")
    if not (typed_at.isdecimal() and sent_at.isdecimal()):
        return timedelta()
    # The age is limited to the retention time and is not negative if the clock was set back.
    limit = int(DRAFT_RETENTION / timedelta(milliseconds=1))
    return timedelta(milliseconds=min(max(int(sent_at[:20]) - int(typed_at[:20]), 0), limit))


def _delete_restored_draft(form_token: FormToken) -> None:
    """Delete the draft that was restored into the form, if it has not changed since."""
    if form_token.restored_key:
        Draft.objects.filter(
            user_id=form_token.user_id,
            is_done=False,
            key=form_token.restored_key,
            saved_at=datetime.fromisoformat(form_token.restored_at),
        ).delete()


def _delete_oldest_drafts(form_key: dict[str, object]) -> None:
    """Delete all but the newest `DRAFTS_PER_FORM` drafts of a user for one reconstruction."""
    newest_first = Draft.objects.filter(**form_key, is_done=False).order_by("-saved_at").values_list("pk", flat=True)
    Draft.objects.filter(pk__in=list(newest_first[DRAFTS_PER_FORM:])).delete()


def discard_draft(actor: User, key: str, form_token: FormToken | None = None) -> None:
    """Delete a draft of the actor. Drafts of other users and unknown keys are ignored.

    If the draft was restored into the form of `form_token`, the draft of that form is deleted, too.
    """
    keys = [key, form_token.key] if form_token and key == form_token.restored_key else [key]
    Draft.objects.filter(user=actor, key__in=[draft_key for draft_key in keys if is_form_key(draft_key)]).delete()


def close_form(actor: User, run_number: int, reconstruction: str, form_token: FormToken | None) -> None:
    """Empty the draft of a saved form, so that a late draft of it is ignored, and end the lease.

    Drafts of other tabs remain. Raw SQL, because every certification waits for these statements.
    """
    form_key: tuple[int, int, str] = (actor.pk, run_number, reconstruction)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_END_LEASE, form_key)
        if form_token and form_token.is_of(actor.pk, run_number, reconstruction):
            _delete_restored_draft(form_token)
            now = connection.ops.adapt_datetimefield_value(timezone.now())
            cursor.execute(_CLOSE_FORM, [*form_key, form_token.key, True, now])


def open_lease(form_token: FormToken) -> None:
    """Start or renew the lease of a form that was just opened. One statement, to keep the page fast."""
    now = timezone.now()
    since, ends_at = (connection.ops.adapt_datetimefield_value(time) for time in (now, now + LEASE_DURATION))
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN_LEASE, [form_token.user_id, form_token.run_number, form_token.reconstruction, since, ends_at]
        )


def renew_lease(form_token: FormToken, *, is_opening: bool = False) -> Lease:
    """Extend the lease by `LEASE_DURATION` and return it.

    An expired lease starts again, as does one that was taken over if `is_opening`.
    """
    now = timezone.now()
    with transaction.atomic():
        leases = Lease.objects.select_for_update(of=("self",)).select_related("taken_by")
        lease, _ = leases.get_or_create(
            user_id=form_token.user_id,
            run_number=form_token.run_number,
            reconstruction=form_token.reconstruction,
            defaults={"since": now, "ends_at": now + LEASE_DURATION},
        )
        if lease.ends_at <= now or (is_opening and lease.taken_at):
            lease.since, lease.taken_by, lease.taken_at = now, None, None
        lease.ends_at = now + LEASE_DURATION
        lease.save()
    return lease


def release_lease(form_token: FormToken) -> None:
    """Delete the lease of a form that the user has left."""
    Lease.objects.filter(
        user_id=form_token.user_id, run_number=form_token.run_number, reconstruction=form_token.reconstruction
    ).delete()


def take_over(actor: User, form_token: FormToken) -> int:
    """Take the form over from all other users who have it open, and return their number.

    Their pages show a message at the next renewal. Raises `PermissionDenied` below the role shift leader.
    """
    if not actor.may_change_others:
        raise PermissionDenied("Taking a form over needs the role shift leader.")
    leases = Lease.objects.running().filter(run_number=form_token.run_number, reconstruction=form_token.reconstruction)
    return leases.exclude(user=actor).update(taken_by=actor, taken_at=timezone.now())


def clear_old_drafts() -> int:
    """Delete drafts older than `DRAFT_RETENTION` and long expired leases, and return the number of drafts."""
    now = timezone.now()
    Lease.objects.filter(ends_at__lt=now - DRAFT_RETENTION).delete()
    return Draft.objects.filter(saved_at__lt=now - DRAFT_RETENTION).delete()[0]
