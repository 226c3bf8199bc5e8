"""Log of the requests to the stand-ins, for tests that count and time outgoing requests."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from sandbox.exchange import Request

LogEntry = dict[str, Any]
HIDDEN = "(hidden)"


def _logged_body(request: Request) -> Any:
    """Return the body as JSON if possible, else as text, without client secrets."""
    if not request.body:
        return None
    if request.is_form:
        fields = request.form
        return urlencode(fields | {"client_secret": HIDDEN} if "client_secret" in fields else fields)
    text = request.body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


class RequestLog:
    """Every request since the log was cleared. `status`, `bytes` and `seconds` of an unfinished request are null.

    `bytes` is the size of the body of the response.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LogEntry] = []

    def begin(self, service: str, request: Request) -> LogEntry:
        """Add a request. `started` is in seconds since 1970 (UTC)."""
        entry = {
            "service": service,
            "method": request.method,
            "path": request.path,
            "query": request.query_text,
            "body": _logged_body(request),
            "status": None,
            "bytes": None,
            "started": time.time(),
            "seconds": None,
        }
        with self._lock:
            self._entries.append(entry)
        return entry

    def end(self, entry: LogEntry, status: int | None, size: int) -> None:
        """Set status and size of the response, None and 0 if the connection was cut."""
        with self._lock:
            entry["status"], entry["bytes"] = status, size
            entry["seconds"] = round(time.time() - entry["started"], 6)

    def entries(self) -> list[LogEntry]:
        """Return a copy, in the order of arrival."""
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()
