"""The worker of the web server: it accepts long lists of runs in an address, and has a page of ours for longer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from gunicorn.http import message
from gunicorn.http.errors import LimitRequestLine
from gunicorn.util import close_graceful, write
from gunicorn.workers.gthread import ThreadWorker

if TYPE_CHECKING:
    import socket

MAX_REQUEST_LINE = 64 * 1024  # bytes: 3000 run numbers are 21,000, and up to three times as many percent-encoded
MAX_UNREAD = 1024 * 1024  # bytes of the address that are read before the connection is closed, else no page arrives
message.MAX_REQUEST_LINE = MAX_REQUEST_LINE  # gunicorn's own maximum of the setting is 8190

_HEAD = (
    "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Cache-Control: no-store\r\nContent-Security-Policy: default-src 'self'; img-src 'self' data:\r\n"
    "Content-Length: {length}\r\n\r\n"
)


class ServerWorker(ThreadWorker):
    """A worker with threads that renders `414.html` for an address longer than `MAX_REQUEST_LINE`."""

    def handle_error(self, req: Any, client: socket.socket, addr: tuple[str, int], exc: BaseException) -> None:
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Address too long, from ip=%s: %s", addr[0] if addr else "", exc)
        page = render_to_string("414.html", {"limit": MAX_REQUEST_LINE}).encode()
        try:
            write(client, _HEAD.format(length=len(page)).encode() + page)
        except OSError:
            self.log.debug("Failed to send the page for an address that is too long.")
        close_graceful(client, max_drain=MAX_UNREAD)
