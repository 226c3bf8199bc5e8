"""Session store, authentication backend and middleware, with precompiled queries because every page needs them.

A session expires 12 hours after the last request, not after the sign-in; it is extended at most once a minute.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.dispatch import receiver
from django.utils import timezone

from infrastructure.database.compiled_query import PLACEHOLDER, PrecompiledQuery
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

LAST_SEEN_KEY = "seen"
REFRESH_INTERVAL_S = 60


def _session_by_key(key: str) -> Any:
    return db.SessionStore.get_model_class().objects.filter(session_key=key)


class SessionStore(db.SessionStore):
    """Django's database session store with a precompiled query."""

    _session_query: PrecompiledQuery[Any] = PrecompiledQuery(_session_by_key, "the key")

    def _get_session_from_db(self) -> Any:
        key = self.session_key or ""
        # A cookie can contain characters that PostgreSQL rejects.
        session = self._session_query.first(key) if key.isalnum() else None
        if session is None or session.expire_date <= timezone.now():
            self._session_key = None
            return None
        return session


class Backend(ModelBackend):
    """Django's model backend with a precompiled query for the user of a session."""

    _user_query: PrecompiledQuery[User] = PrecompiledQuery(lambda pk: User._default_manager.filter(pk=pk), PLACEHOLDER)

    def get_user(self, user_id: Any) -> User | None:
        """Return the active user with this primary key, or None."""
        user = self._user_query.first(int(user_id))
        return user if user and self.user_can_authenticate(user) else None


@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, **_kwargs: Any) -> None:
    """Store the time of the sign-in, so that the session is not extended again within the first minute."""
    request.session[LAST_SEEN_KEY] = int(time.time())


def extend_session(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that extends the session of a signed-in user. It must come after `SessionMiddleware`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session = request.session
        if (
            session.accessed
            and SESSION_KEY in session
            and time.time() - session.get(LAST_SEEN_KEY, 0) > REFRESH_INTERVAL_S
        ):
            session[LAST_SEEN_KEY] = int(time.time())
        return response

    return middleware
