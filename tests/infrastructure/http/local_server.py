"""An HTTP server in this process that sends the responses of a test, byte for byte, and records the requests."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN_PATH = "/sso/api-access/token"


class Answer:
    """One response: JSON of `value`, or `body` as given; `pause` seconds before each byte; `cut` ends early."""

    def __init__(self, value=None, status=200, body=None, headers=None, pause=0.0, cut=False, wait=0.0):
        self.body = json.dumps(value).encode() if body is None else body
        self.status, self.headers, self.pause, self.cut, self.wait = status, headers or {}, pause, cut, wait


class StandIn:
    """`answer_with` an Answer, or a function of the request, for paths that begin so. `received` lists the requests."""

    def __init__(self):
        self.received: list[dict] = []
        self.rules: dict[str, Answer | Callable] = {}
        self.tokens_given = 0
        self.token_seconds = 1200
        self.lock = threading.Lock()
        self.rules[TOKEN_PATH] = self._token

    def answer_with(self, answer, path="/"):
        self.rules[path] = answer

    def paths(self) -> list[str]:
        return [request["path"] for request in self.received]

    def data_calls(self) -> list[dict]:
        return [request for request in self.received if request["path"] != TOKEN_PATH]

    def _token(self, _request):
        with self.lock:
            self.tokens_given += 1
            return Answer({"access_token": f"token-{self.tokens_given}", "expires_in": self.token_seconds})

    def answer_to(self, request) -> Answer:
        with self.lock:
            self.received.append(request)
        fitting = [path for path in self.rules if request["path"].startswith(path)]
        rule = self.rules[max(fitting, key=len)]
        return rule(request) if callable(rule) else rule


def _handler(stand_in: StandIn):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            split = urlsplit(self.path)
            body = self.rfile.read(length).decode()
            request = {"method": self.command, "path": split.path, "query": parse_qs(split.query), "body": body}
            self._give(stand_in.answer_to(request | {"headers": dict(self.headers), "peer": self.client_address}))

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def _give(self, answer: Answer):
            time.sleep(answer.wait)
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            if "Transfer-Encoding" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body) + (10 if answer.cut else 0)))
            self.end_headers()
            self._write(answer)
            self.close_connection = self.close_connection or answer.cut

        def _write(self, answer: Answer):
            pieces = [bytes([byte]) for byte in answer.body] if answer.pause else [answer.body]
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    time.sleep(answer.pause)
            except OSError:  # the client has closed the connection, as such tests expect
                self.close_connection = True

        def log_message(self, *args):
            """Keep the test's output for the test."""

    return Handler


@pytest.fixture
def stand_in(settings):
    """The stand-in, with all services' addresses pointing at it."""
    stand = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    stand.url = f"http://127.0.0.1:{server.server_port}"
    settings.SSO_URL = f"{stand.url}/sso"
    settings.OMS_URL = f"{stand.url}/oms"
    settings.RUNREGISTRY_URL = f"{stand.url}/registry"
    yield stand
    server.shutdown()
    server.server_close()
