"""Sessions and their people, read on every page; a session lasts 12 hours from the last page, not from the sign-in.

It is kept so by one write a minute at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from infrastructure.database.compiled_query import PLACEHOLDER, PrecompiledQuery
from users.models import User

LAST_SEEN_KEY = "seen"
REFRESH_INTERVAL_S = 60


def _session_by_key(key: str) -> Any:
    return db.SessionStore.get_model_class().objects.filter(session_key=key)


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    _session_query: PrecompiledQuery[Any] = PrecompiledQuery(_session_by_key, "the key")

    def _get_session_from_db(self) -> Any:
        key = self.session_key or ""
        # Cookies say anything, also what PostgreSQL takes in no text.
        stored = self._session_query.first(key) if key.isalnum() else None
        if stored is None or stored.expire_date <= timezone.now():
            self._session_key = None
            return None
        return stored


class Backend(ModelBackend):
    """People with a password of this system, and whoever is signed in."""

    _user_query: PrecompiledQuery[User] = PrecompiledQuery(lambda pk: User._default_manager.filter(pk=pk), PLACEHOLDER)

    def get_user(self, user_id: Any) -> User | None:
        person = self._user_query.first(int(user_id))
        return person if person and self.user_can_authenticate(person) else None


@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, **_kwargs: Any) -> None:
    """The session was just written: no need to do so again for a while."""
    request.session[LAST_SEEN_KEY] = int(time.time())


def extend_session(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, inside Django's for sessions: who is signed in and still here stays so."""

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
