"""One line in the log for each request, and its id in every line that is written meanwhile.

    … INFO 5b0c1f2e9d3a4c67 certhelper.web.request_log GET /list/ 200 user=5 ms=12 queries=9

Never what was typed, no query string, no header, no cookie: codes and tokens of the sign-in travel in those.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path

logger = logging.getLogger(__name__)
HEADER = "X-Request-ID"
MAX_PATH_LENGTH = 200
_VALID_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_current_id: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """The id of the request that is being answered; a dash outside of one."""
    return _current_id.get()


class RequestIdFilter(logging.Filter):
    """Each line of the log knows the request it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True


class _QueryCounter:
    """Counts the statements of a request as the database is sent them."""

    count = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.count += 1
        return execute(*args)


def request_log(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost. Static files pass without a line."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.STATIC_URL):
            return get_response(request)
        began, queries, token = time.perf_counter(), _QueryCounter(), _current_id.set(_request_id(request))
        request.request_id = current_request_id()  # type: ignore[attr-defined]  # history keeps it with each change
        try:
            with connection.execute_wrapper(queries):
                response = get_response(request)
            response[HEADER] = current_request_id()
            logger.info(
                "%s %s %s user=%s ms=%.0f queries=%d",
                request.method,
                escape_uri_path(request.path)[:MAX_PATH_LENGTH],
                response.status_code,
                _session_user_id(request),
                (time.perf_counter() - began) * 1000,
                queries.count,
            )
            return response
        finally:
            _current_id.reset(token)

    return middleware


def _request_id(request: HttpRequest) -> str:
    """The id that a proxy gave, where it can be nothing but an id; else a new one."""
    given = request.headers.get(HEADER, "")
    return given if _VALID_ID.fullmatch(given) else uuid.uuid4().hex[:16]


def _session_user_id(request: HttpRequest) -> str:
    """The key of who is signed in, as far as this request has looked; asks the database nothing."""
    session = getattr(request, "session", None)
    return session.get(SESSION_KEY, "-") if session is not None and session.accessed else "-"
