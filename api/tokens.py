"""API tokens: creating, revoking, and finding the token of a request."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from api.choices import TokenChangeKind
from api.models import ApiToken
from audit.operation import operation
from users.models import Role, User

if TYPE_CHECKING:
    from datetime import datetime

PREFIX = "certhelper_"  # by which programs that look for secrets in files recognize a token
MAX_TOKENS = 20
LAST_USED_STEP = timedelta(hours=1)


class TokenNotCreated(Exception):
    """The token cannot be created. The message is for the page."""


def _digest(value: str) -> str:
    """Return the SHA-256 of a token. It needs no salt: its 256 bits cannot be guessed."""
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def create_token(actor: User, name: str, expires_at: datetime | None) -> tuple[ApiToken, str]:
    """Create a token of the actor, and return it with its value, which is stored nowhere.

    Raises `TokenNotCreated` for a name in use, and above `MAX_TOKENS`.
    """
    value = PREFIX + secrets.token_urlsafe(32)
    with operation(actor, TokenChangeKind.TOKEN):
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # serializes concurrent requests of one person
        names = ApiToken.objects.filter(user=actor, revoked_at__isnull=True).values_list("name", flat=True)
        if name in names:
            raise TokenNotCreated(f"You have a token named “{name}”. Revoke it, or choose another name.")
        if len(names) >= MAX_TOKENS:
            raise TokenNotCreated(f"You have {MAX_TOKENS} tokens. Revoke one, then create this one.")
        token = ApiToken(user=actor, name=name, digest=_digest(value), expires_at=expires_at)
        token.save()
    return token, value


def revoke_token(actor: User, token: ApiToken) -> None:
    """Revoke the token, once. Raises `PermissionDenied` unless the actor is its owner or an admin."""
    with operation(actor, TokenChangeKind.TOKEN) as done:
        locked = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
        if locked.user_id != actor.pk and not actor.has_role(Role.ADMIN):
            raise PermissionDenied("This token is somebody else’s. Only they and admins can revoke it.")
        if locked.revoked_at is None:
            done.track_loaded(locked)
            locked.revoked_at = timezone.now()
            locked.save()


def owner_of(value: str) -> User | None:
    """Return the owner of a valid token, and record its use; None for any other value. One query, mostly."""
    token = ApiToken.objects.valid().select_related("user").filter(digest=_digest(value)).first()
    if token is None:
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= LAST_USED_STEP:
        token.last_used_at = now
        token.save(update_fields=["last_used_at"])
    return token.user
