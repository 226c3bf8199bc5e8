"""A session lasts 12 hours from the last page, not from the sign-in; kept so by one write a minute at most."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

SEEN = "seen"
EVERY_S = 60


@receiver(user_logged_in)
def begin(request: HttpRequest, **_kwargs: Any) -> None:
    """The session was just written: no need to do so again for a while."""
    request.session[SEEN] = int(time.time())


def prolonged_session(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, inside Django's for sessions: who is signed in and still here stays so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session = request.session
        if session.accessed and SESSION_KEY in session and time.time() - session.get(SEEN, 0) > EVERY_S:
            session[SEEN] = int(time.time())
        return response

    return middleware
