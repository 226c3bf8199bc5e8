"""Faults with a wrong response, over raw sockets where HTTP libraries would hide it."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.faults import ALL_MODES, MODES
from sandbox.spoiled import LOGIN_PATH
from tests.waiting import PATIENCE_S

MANUAL = Path(__file__).resolve().parents[2] / "docs/sandbox.md"
SERVICES = ("registry", "oms", "sso")
TOKEN_FORM = "grant_type=client_credentials&client_id=certhelper&client_secret=s&audience=cmsoms-prod"
FILTER = json.dumps({"page": 0, "filter": {"run_number": 315257}, "sortings": []})


def _request(sandbox, service) -> requests.Request:
    """A request that a service without faults answers with data."""
    if service == "registry":
        url, headers = f"{sandbox.base_url}/registry/datasets_filtered_ordered", {"email": "api@api"}
        return requests.Request("POST", url, headers=headers, data=FILTER)
    if service == "oms":
        url = f"{sandbox.base_url}/oms/agg/api/v1/runs?filter[run_number][EQ]=315257&include=meta"
        return requests.Request("GET", url, headers={"Authorization": f"Bearer {sandbox.token('cmsoms-prod')}"})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{sandbox.base_url}/sso/auth/realms/cern/api-access/token"
    return requests.Request("POST", url, headers=headers, data=TOKEN_FORM)


def _ask(sandbox, service, mode, **fault) -> requests.Response:
    """The response of a service with this fault; redirects are not followed."""
    request = _request(sandbox, service).prepare()
    sandbox.faults(service, mode, **fault)
    with requests.Session() as session:
        return session.send(request, timeout=10, allow_redirects=False)


class RawAnswer:
    """The received bytes: head, body so far, and how the connection ended."""

    def __init__(self, sandbox, service, mode, patience: float = 0.4, **fault):
        prepared = _request(sandbox, service).prepare()
        sandbox.faults(service, mode, **fault)
        where = urlsplit(sandbox.base_url)
        lines = [f"{prepared.method} {prepared.path_url} HTTP/1.1", f"Host: {where.netloc}"]
        lines += [f"{name}: {value}" for name, value in prepared.headers.items()]
        body = (prepared.body or "").encode()
        with socket.create_connection((where.hostname, where.port), timeout=patience) as peer:
            peer.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            self.head, self.body, self.end = self._read(peer)

    def _read(self, peer) -> tuple[str, bytes, str]:
        came, end = b"", "closed"
        try:
            while part := peer.recv(65536):
                came += part
        except TimeoutError:
            end = "silent"
        except ConnectionResetError:
            end = "reset"
        head, _, body = came.partition(b"\r\n\r\n")
        return head.decode(), body, end

    @property
    def content_length(self) -> int:
        """The Content-Length."""
        return int(self.head.lower().split("content-length:")[1].split()[0])


@pytest.mark.parametrize("service", SERVICES)
def test_stall_sends_the_headers_and_then_nothing(sandbox, service):
    came = RawAnswer(sandbox, service, "stall", seconds=30)
    assert came.head.startswith("HTTP/1.1 200 ")
    assert (came.body, came.end) == (b"", "silent")
    assert came.content_length > 0


def test_stall_ends_after_its_seconds(sandbox):
    began = time.monotonic()
    came = RawAnswer(sandbox, "oms", "stall", patience=PATIENCE_S, seconds=0.2)
    assert (came.body, came.end) == (b"", "closed")
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("service", SERVICES)
def test_reset_cuts_the_connection_in_the_middle_of_the_body(sandbox, service):
    came = RawAnswer(sandbox, service, "reset")
    assert came.head.startswith("HTTP/1.1 200 ")
    assert came.end == "reset"
    assert 0 < len(came.body) < came.content_length


@pytest.mark.parametrize("service", SERVICES)
def test_hang_and_refuse_send_no_byte(sandbox, service):
    hangs = RawAnswer(sandbox, service, "hang", seconds=30)
    assert (hangs.head, hangs.body, hangs.end) == ("", b"", "silent")
    refused = RawAnswer(sandbox, service, "refuse")
    assert (refused.head, refused.body, refused.end) == ("", b"", "closed")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("mode", "status", "content_type", "text"),
    [
        ("500", 500, "application/json", "set to fail"),
        ("503-html", 503, "text/html", "<h1>Service Unavailable</h1>"),
        ("login-page", 200, "text/html", "Sign in"),
        ("redirect", 302, "text/html", ""),
        ("empty", 200, "application/json", ""),
    ],
)
def test_fault_answers_with_its_status_and_type(sandbox, service, mode, status, content_type, text):
    answer = _ask(sandbox, service, mode)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, content_type)
    assert text in answer.text
    assert bool(answer.text) == bool(text)
    assert [entry["status"] for entry in sandbox.requests(service)][-1] == status


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("service", "key"), [("registry", "message"), ("oms", "errors"), ("sso", "error")])
def test_refusal_has_the_message_of_the_service(sandbox, service, key, status):
    answer = _ask(sandbox, service, str(status))
    assert (answer.status_code, key in answer.json()) == (status, True)


@pytest.mark.parametrize("service", SERVICES)
def test_redirect_leads_to_the_sign_in_page_even_while_the_sign_in_fails(sandbox, service):
    target = _ask(sandbox, service, "redirect").headers["Location"]
    sandbox.faults("sso", "redirect")
    assert target.split("?")[0] == LOGIN_PATH
    page = requests.get(sandbox.base_url + target, timeout=10, allow_redirects=False)
    assert (page.status_code, "Sign in" in page.text) == (200, True)


@pytest.mark.parametrize("service", SERVICES)
def test_truncated_is_a_complete_response_with_half_a_document(sandbox, service):
    answer = _ask(sandbox, service, "truncated")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 0
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


@pytest.mark.parametrize("service", SERVICES)
def test_wrong_shape_is_json_without_the_expected_keys(sandbox, service):
    answer = _ask(sandbox, service, "wrong-shape")
    assert answer.status_code == 200
    assert not {"datasets", "data", "access_token"} & answer.json().keys()


def test_bad_values_of_oms_are_negative_counts_unknown_units_and_nulls(sandbox):
    row = _ask(sandbox, "oms", "bad-values").json()["data"][0]
    attributes, units = row["attributes"], row["meta"]["row"]
    assert attributes["last_lumisection_number"] < 0
    assert attributes["run_number"] == 315257
    assert (attributes["hlt_key"], attributes["energy"]) == (None, None)
    assert {entry["units"] for entry in units.values()} == {"furlong"}


def test_bad_values_of_oms_s_fills_have_negative_bunches(sandbox):
    headers = {"Authorization": f"Bearer {sandbox.token('cmsoms-prod')}"}
    sandbox.faults("oms", "bad-values", path="fills")
    url = f"{sandbox.base_url}/oms/agg/api/v1/fills/6616"
    assert requests.get(url, headers=headers, timeout=10).json()["data"]["attributes"]["bunches_colliding"] < 0


def test_bad_values_of_run_registry_are_negative_counts_and_names_that_are_null(sandbox):
    page = _ask(sandbox, "registry", "bad-values").json()
    assert page["count"] < 0
    assert {entry["name"] for entry in page["datasets"]} == {None}


def test_bad_values_of_the_sign_in_are_an_empty_token_with_negative_lifetime(sandbox):
    body = _ask(sandbox, "sso", "bad-values").json()
    assert (body["access_token"], body["expires_in"]) == (None, -1200)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_ends_with_the_fault(sandbox, service, mode):
    """After any fault the next request succeeds, on the same connection if it is still open."""
    request = _request(sandbox, service).prepare()
    with requests.Session() as session:
        sandbox.faults(service, mode, seconds=0.05, count=1)
        try:
            session.send(request, timeout=10, allow_redirects=False)
        except requests.RequestException:
            assert mode in ("refuse", "hang", "stall", "reset")
        answer = session.send(request, timeout=10)
    assert answer.status_code == 200
    assert {"datasets", "data", "access_token"} & answer.json().keys()


def test_page_and_manual_name_every_mode(sandbox):
    page = requests.get(f"{sandbox.base_url}/_sandbox/", timeout=10).text
    assert [mode for mode in ALL_MODES if f"<b>{mode}</b>" not in page] == []
    manual = MANUAL.read_text(encoding="utf-8")
    assert [mode for mode, text in ALL_MODES.items() if f"| `{mode}` | {text} |" not in manual] == []
