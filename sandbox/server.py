"""HTTP server of the sandbox: one process, one thread for each connection, keep-alive."""

from __future__ import annotations

import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox import control
from sandbox.exchange import Request, Response, SentPart
from sandbox.registry.rows import dataset_rows
from sandbox.services import CutConnection, SandboxState, service_at
from sandbox.world.lumisections import runs_with_lumisections

HOST = "127.0.0.1"
DEFAULT_PORT = 9500


class SandboxServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; with port 0 on a free port."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__((HOST, port), Handler)
        self.state = SandboxState()

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of closed connections."""


def warm_up() -> None:
    """Load the data, so that the first response is as fast as the others."""
    dataset_rows()
    runs_with_lumisections()


class Handler(BaseHTTPRequestHandler):
    """Converts bytes to a `Request`, and a `Response` to bytes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300
    server: SandboxServer

    def _respond(self) -> None:
        request = self._request()
        try:
            response = self._answer(request)
        except CutConnection:
            self._cut()
            return
        self._send(response)

    # The names that http.server asks for.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _respond  # noqa: N815

    def _request(self) -> Request:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, self.path, headers, body)

    def _answer(self, request: Request) -> Response:
        path = request.path
        if path == "/":
            return Response("", 302, headers={"Location": f"{control.PREFIX}/"})
        if path == control.PREFIX or path.startswith(f"{control.PREFIX}/"):
            return control.answer(request, self.server.state)
        service = service_at(path)
        if service is None:
            return Response({"error": f"Nothing is served at {path}."}, 404)
        return self.server.state.answer(service, request)

    def _cut(self) -> None:
        """Close the connection without a response."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, response: Response) -> None:
        """Send the response, or the part of it that a fault allows."""
        content = response.encoded()
        self._send_head(response, content)
        if response.sent_part is SentPart.HEADERS:
            self.wfile.flush()
            self.server.state.faults.wait(response.hold_seconds)
            self._cut()
        elif response.sent_part is SentPart.HALF:
            self.wfile.write(content[: len(content) // 2])
            self._reset()
        elif self.command != "HEAD":
            self.wfile.write(content)

    def _reset(self) -> None:
        """Close the connection so that the client gets "connection reset by peer"."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _send_head(self, response: Response, content: bytes) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base class
        """Do nothing: requests are in the request log."""
