"""One line in the log for each request, and the request id in every line that is logged during it.

    … INFO 5b0c1f2e9d3a4c67 certhelper.web.request_log GET /list/ 200 user=5 ms=12 queries=9

No form data, query string, header or cookie is logged: they may contain codes and tokens of the sign-in.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.utils.encoding import escape_uri_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
HEADER = "X-Request-ID"
MAX_PATH_LENGTH = 200
_VALID_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_current_id: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """The id of the current request; "-" outside of one."""
    return _current_id.get()


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to each log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True


class _QueryCounter:
    """Execute wrapper that counts the SQL statements of a request."""

    count = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.count += 1
        return execute(*args)


def request_log(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The outermost middleware. Requests of static files are not logged."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.STATIC_URL):
            return get_response(request)
        start, queries, token = time.perf_counter(), _QueryCounter(), _current_id.set(_request_id(request))
        request.request_id = current_request_id()  # type: ignore[attr-defined]  # stored with each change
        try:
            with connection.execute_wrapper(queries):
                response = get_response(request)
            response[HEADER] = current_request_id()
            logger.info(
                "%s %s %s user=%s ms=%.0f queries=%d",
                request.method,
                escape_uri_path(request.path)[:MAX_PATH_LENGTH],
                response.status_code,
                _user_id(request),
                (time.perf_counter() - start) * 1000,
                queries.count,
            )
            return response
        finally:
            _current_id.reset(token)

    return middleware


def _request_id(request: HttpRequest) -> str:
    """The id in the header that a proxy set, where it is well-formed; else a new one."""
    request_id = request.headers.get(HEADER, "")
    return request_id if _VALID_ID.fullmatch(request_id) else uuid.uuid4().hex[:16]


def _user_id(request: HttpRequest) -> str:
    """The key of the user of an API token, or of the session where this request has read it, else "-"; no query."""
    if owner_id := getattr(request, "token_owner_id", None):
        return str(owner_id)
    session = getattr(request, "session", None)
    return session.get(SESSION_KEY, "-") if session is not None and session.accessed else "-"
