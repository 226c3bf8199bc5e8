"""What was asked of the stand-ins: kept until it is deleted, for tests that count and time outside calls."""

from __future__ import annotations

import json
import threading
import time
from typing import Any
from urllib.parse import urlencode

from sandbox.exchange import Request

LogEntry = dict[str, Any]
HIDDEN = "(hidden)"


def _logged_body(request: Request) -> Any:
    """The body as JSON where it is JSON, else as text; a client's secret is not kept."""
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
    """Every request since the last delete. A request that is still going on has status and seconds null."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LogEntry] = []

    def begin(self, service: str, request: Request) -> LogEntry:
        """Note that a request came; `started` is in seconds since 1970 (UTC)."""
        entry = {
            "service": service,
            "method": request.method,
            "path": request.path,
            "query": request.query_text,
            "body": _logged_body(request),
            "status": None,
            "started": time.time(),
            "seconds": None,
        }
        with self._lock:
            self._entries.append(entry)
        return entry

    def end(self, entry: LogEntry, status: int | None) -> None:
        """Note how it ended; a connection that was cut has no status."""
        with self._lock:
            entry["status"] = status
            entry["seconds"] = round(time.time() - entry["started"], 6)

    def entries(self) -> list[LogEntry]:
        """A copy, in the order of arrival."""
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
