"""The current request, so that a change made outside any operation (the admin) still knows who and in which request."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

_current_request: ContextVar[HttpRequest | None] = ContextVar("current request", default=None)


def current_request() -> HttpRequest | None:
    """The request that is being answered, if any."""
    return _current_request.get()


def request_id(request: HttpRequest | None) -> str:
    """The id of a request, given to it if it has none yet; empty outside requests."""
    if request is None:
        return ""
    if not getattr(request, "request_id", ""):
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
    return str(request.request_id)[:64]  # type: ignore[attr-defined]


class CurrentRequestMiddleware:
    """Middleware: remembers the request while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _current_request.set(request)
        try:
            return self.get_response(request)
        finally:
            _current_request.reset(token)
