"""Who reads the API: the owner of a token, or else the signed-in person. Guests do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from ninja.security import APIKeyCookie, HttpBearer

from api.errors import CHALLENGE, ApiError
from api.tokens import owner_of
from users.access import ROLES_HINT
from users.login_throttle import WINDOW_S, allow_attempt
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpRequest

    from users.models import User

# Failures are counted under this name in place of an account, for each address of a client.
_ATTEMPTS = "(API token)"
NOT_SIGNED_IN = "Not signed in. Send a token as “Authorization: Bearer …”; people create them at /accounts/tokens/."


class Token(HttpBearer):
    """A token of a person. A wrong token is refused, whoever is signed in."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        owner = owner_of(token)
        if owner is None or not owner.is_active:
            raise _refusal(request)
        request.token_owner_id = owner.pk  # type: ignore[attr-defined]  # for the log
        return _reader(owner)


class Session(APIKeyCookie):
    """The session of a signed-in person."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:  # noqa: ARG002
        return _reader(request.user) if request.user.is_authenticated else None


def _refusal(request: HttpRequest) -> ApiError:
    """Count the failure, as a sign-in does, and return its error: 429 after too many."""
    if allow_attempt(request, _ATTEMPTS):
        return ApiError(401, "The token is unknown, expired or revoked. Create one at /accounts/tokens/.", CHALLENGE)
    sentence = f"Too many wrong tokens from this address. Wait {WINDOW_S // 60} minutes, then send a valid one."
    return ApiError(429, sentence, {"Retry-After": str(WINDOW_S)})


def _reader(person: User) -> User:
    if not person.has_role(Role.SHIFTER):
        raise ApiError(403, f"The API needs the role {Role.SHIFTER.label}. {ROLES_HINT}")
    return person
