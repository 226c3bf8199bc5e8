"""The current request, which gives user and request ID of changes outside any operation, such as in the admin."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

_current_request: ContextVar[HttpRequest | None] = ContextVar("current request", default=None)


def current_request() -> HttpRequest | None:
    """The current request, or None."""
    return _current_request.get()


def request_id(request: HttpRequest | None) -> str:
    """The ID of the request, set if it has none; empty outside requests."""
    if request is None:
        return ""
    if not getattr(request, "request_id", ""):
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
    return str(request.request_id)[:64]  # type: ignore[attr-defined]


class CurrentRequestMiddleware:
    """Middleware that stores the current request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _current_request.set(request)
        try:
            return self.get_response(request)
        finally:
            _current_request.reset(token)
