import gzip
import json
import re
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infrastructure.http import client, errors, status
from infrastructure.http.budget import Budget
from tests.infrastructure.http.local_server import Answer
from tests.waiting import HANG_S, PATIENCE_S


def call(stand_in, path="/thing", **kwargs):
    return client.ServiceCall("oms", "GET", f"{stand_in.url}{path}", setting="OMS_URL", **kwargs)


def error_of(stand_in, answer, seconds=5.0):
    stand_in.answer_with(answer)
    with pytest.raises(errors.RemoteError) as caught:
        client.fetch_json(call(stand_in), Budget(seconds))
    return caught.value


def test_ask_returns_the_json_of_the_response(stand_in):
    stand_in.answer_with(Answer({"data": [1, 2.5, None]}))
    assert client.fetch_json(call(stand_in), Budget(5)) == {"data": [1, 2.5, None]}


def test_ask_sends_parameters_and_headers(stand_in):
    stand_in.answer_with(Answer([]))
    client.fetch_json(call(stand_in, params={"filter[a][EQ]": 7}, headers={"email": "api@api"}), Budget(5))
    assert stand_in.received[0]["query"] == {"filter[a][EQ]": ["7"]}
    assert stand_in.received[0]["headers"]["email"] == "api@api"


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (Answer({"err": "no"}, status=500), errors.BadStatus),
        (Answer(body=b"<html>busy</html>", status=503), errors.BadStatus),
        (Answer({}, status=404), errors.BadStatus),
        (Answer({}, status=401), errors.AccessDenied),
        (Answer({}, status=403), errors.AccessDenied),
        (Answer(body=b"", status=302, headers={"Location": "/login"}), errors.Redirected),
        (Answer(body=b"<html>Sign in</html>"), errors.NotJson),
        (Answer(body=b""), errors.NotJson),
        (Answer(body=b'{"data": [1, 2'), errors.NotJson),
        (Answer(body=b"\xff\xfe\x00"), errors.NotJson),
        (Answer(body=b'{"data": ', cut=True), errors.ConnectionBroken),
    ],
)
def test_unusable_answer_is_a_typed_error_that_names_the_service(stand_in, answer, error_class):
    error = error_of(stand_in, answer)
    assert type(error) is error_class
    assert error.service == "oms"
    assert error.sentence.startswith("OMS ")


def test_value_that_is_no_number_does_not_cost_the_others(stand_in):
    """Some servers send NaN and Infinity, which JSON does not have. They become texts, which no reader accepts."""
    stand_in.answer_with(Answer(body=b'{"energy": NaN, "lumi": [-Infinity, Infinity, 7.5]}'))
    read = client.fetch_json(call(stand_in), Budget(5))
    assert read == {"energy": "NaN", "lumi": ["-Infinity", "Infinity", 7.5]}


def test_deeply_nested_answer_is_not_data(stand_in):
    assert type(error_of(stand_in, Answer(body=b"[" * 200_000))) is errors.NotJson


def chunks(body, end=b"0\r\n\r\n"):
    return b"%x\r\n%b\r\n%b" % (len(body), body, end)


def test_chunked_and_compressed_answer_is_read(stand_in):
    zipped = gzip.compress(json.dumps(list(range(50_000))).encode())
    headers = {"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}
    stand_in.answer_with(Answer(body=chunks(zipped), headers=headers))
    assert client.fetch_json(call(stand_in), Budget(5)) == list(range(50_000))


def test_answer_of_more_bytes_than_allowed_is_an_error(stand_in):
    """Counted after decompression, which a small answer can exceed."""
    zipped = gzip.compress(b"[" + b"0," * 200_000 + b"0]")
    stand_in.answer_with(Answer(body=zipped, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(errors.TooLarge, match=r"OMS answered with too much data \(more than 0\.2 MB\)"):
        client.fetch_json(call(stand_in, max_bytes=200_000), Budget(5))
    assert len(client.fetch_json(call(stand_in, max_bytes=500_000), Budget(5))) == 200_001


def test_truncated_chunked_answer_is_an_error(stand_in):
    answer = Answer(body=chunks(b"[1, 2]", end=b""), headers={"Transfer-Encoding": "chunked"}, cut=True)
    assert type(error_of(stand_in, answer)) is errors.ConnectionBroken


def test_invalid_compressed_answer_is_an_error(stand_in):
    answer = Answer(body=b"plain", headers={"Content-Encoding": "gzip"})
    assert type(error_of(stand_in, answer)) is errors.ConnectionBroken


def test_redirect_is_not_followed(stand_in):
    stand_in.answer_with(Answer([]), "/login")
    error_of(stand_in, Answer(body=b"", status=302, headers={"Location": "/login"}))
    assert stand_in.paths() == ["/thing"]


def test_refused_connection_has_its_own_message(settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/thing"
    with pytest.raises(errors.ConnectionFailed, match="OMS could not be connected to"):
        client.fetch_json(client.ServiceCall("oms", "GET", url, setting="OMS_URL"), Budget(5))


def test_unconfigured_service_names_the_setting():
    with pytest.raises(errors.NotConfigured, match="OMS_URL"):
        client.fetch_json(client.ServiceCall("oms", "GET", "/runs", setting="OMS_URL"), Budget(5))


@pytest.mark.parametrize(
    "answer",
    [Answer([], wait=HANG_S), Answer(body=b"[" + b" " * 300 + b"]", pause=0.2)],
    ids=["hangs", "drips"],
)
def test_budget_ends_the_wait(stand_in, answer):
    began = time.monotonic()
    error = error_of(stand_in, answer, seconds=0.6)
    assert isinstance(error, errors.TimedOut)
    assert time.monotonic() - began < PATIENCE_S
    assert "within 0.6 s" in error.sentence


def test_read_time_out_ends_the_wait_before_the_budget(stand_in, settings):
    settings.READ_TIMEOUT_S = 0.3
    began = time.monotonic()
    error = error_of(stand_in, Answer([], wait=HANG_S), seconds=HANG_S)
    assert isinstance(error, errors.TimedOut)
    assert time.monotonic() - began < PATIENCE_S
    # The seconds that have passed, at least those of the time-out.
    assert 0.3 <= float(re.search(r"within ([\d.]+) s", error.sentence)[1]) < PATIENCE_S


def test_dripping_headers_end_at_the_deadline():
    """A server that never finishes its headers exceeds no read time-out; the deadline ends the call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/thing"

        def drip():
            peer, _ = server.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 200 OK\r\n")
                for number in range(HANG_S * 5):
                    try:
                        peer.sendall(f"X-{number}: slow\r\n".encode())
                    except OSError:
                        return
                    time.sleep(0.2)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(errors.TimedOut):
            client.fetch_json(client.ServiceCall("oms", "GET", url, setting="OMS_URL"), Budget(0.5))
        assert time.monotonic() - began < PATIENCE_S


def test_used_up_budget_makes_no_request(stand_in):
    with pytest.raises(errors.BudgetExhausted, match="the time for this page was used up"):
        client.fetch_json(call(stand_in), Budget(0))
    assert stand_in.received == []
    assert not any(state.is_out for state in status.service_states())


def test_connection_is_reused(stand_in):
    stand_in.answer_with(Answer([]))
    for _ in range(5):
        client.fetch_json(call(stand_in), Budget(5))
    assert len({request["peer"] for request in stand_in.received}) == 1


def test_environment_proxies_and_cookies_are_ignored(stand_in, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    stand_in.answer_with(Answer([], headers={"Set-Cookie": "who=me; Path=/"}))
    client.fetch_json(call(stand_in), Budget(5))
    client.fetch_json(call(stand_in), Budget(5))
    assert "Cookie" not in stand_in.received[1]["headers"]


def test_tls_is_verified(tmp_path):
    """A server with an untrusted certificate is refused."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    result = subprocess.run([*command.split(), "-keyout", key, "-out", certificate], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.handle_request, daemon=True).start()
    with pytest.raises(errors.UntrustedCertificate, match="identity"):
        client.fetch_json(
            client.ServiceCall("oms", "GET", f"https://localhost:{server.server_port}/", setting="OMS_URL"), Budget(5)
        )
    server.server_close()


def test_outcome_is_recorded_in_the_status(stand_in):
    error_of(stand_in, Answer({}, status=500))
    state = {state.name: state for state in status.service_states()}["oms"]
    assert (state.is_out, state.sentence) == (True, "OMS answered with an error (500). " + errors.advice_for("oms"))
    stand_in.answer_with(Answer([]))
    client.fetch_json(call(stand_in), Budget(5, is_retry=True))
    state = {state.name: state for state in status.service_states()}["oms"]
    assert (state.is_out, state.since, state.sentence) == (False, None, "")
    assert state.answered_at is not None
