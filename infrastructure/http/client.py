"""The only module for outgoing HTTP calls: connection pool, verified TLS, deadlines, JSON only."""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from infrastructure.http import circuit_breaker, status
from infrastructure.http.ca_bundle import ca_bundle
from infrastructure.http.errors import (
    AccessDenied,
    BadStatus,
    BudgetExhausted,
    ConnectionBroken,
    ConnectionFailed,
    NotConfigured,
    NotJson,
    Redirected,
    RemoteError,
    StartedTooLate,
    TimedOut,
    TooLarge,
    UntrustedCertificate,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024  # decoded; the largest answers have some megabytes
MAX_BODY_START = 1000  # of an error, for the log and for whoever reads its words
# Calls run in these threads so that nothing - a name server, a handshake, dripping headers - can hold the page beyond
# its deadline; an abandoned one ends by its own time-outs.
_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="outgoing")


@dataclass(frozen=True)
class ServiceCall:
    """A request to a service. `source`: the service that is called on behalf of `service` (tokens), if it differs."""

    service: str
    method: str
    url: str
    setting: str  # the setting that gives the address, named when it is empty
    source: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Any = None
    data: Any = None
    auth: tuple[str, str] | None = None
    max_bytes: int = MAX_BODY_BYTES

    def with_header(self, name: str, value: str) -> ServiceCall:
        return replace(self, headers={**self.headers, name: value})


@cache
def session() -> requests.Session:
    """The session all threads share: pooled connections, no proxies or .netrc from the environment, no cookies."""
    shared = requests.Session()
    shared.trust_env = False
    shared.verify = ca_bundle()
    shared.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=8, pool_maxsize=16, max_retries=0)
    shared.mount("https://", adapter)
    shared.mount("http://", adapter)
    return shared


def fetch_json(call: ServiceCall, budget: Budget, *, ignored_statuses: Collection[int] = ()) -> Any:
    """The JSON that the service answers; raises a `RemoteError`, at once while the circuit is open.

    The result is recorded in `status` and `circuit_breaker`, except for HTTP statuses in `ignored_statuses`, which can
    have another cause.
    """
    source = call.source or call.service
    circuit_breaker.before_call(source, budget, asked_for=call.service)
    is_fair = budget.is_sufficient()
    try:
        answer = _fetch_before_deadline(call, budget)
    except RemoteError as error:
        details = getattr(error, "body_start", "") or error.__cause__ or ""
        logger.warning("%s %s: %s %s", call.method, call.url, error.sentence, details)
        if _is_service_failure(error, is_fair) and getattr(error, "status", None) not in ignored_statuses:
            record_failure(error)
        raise
    status.record_success(source)
    circuit_breaker.on_success(source)
    return answer


def record_failure(error: RemoteError) -> None:
    """Record that a service gave no usable answer, and open its circuit if that is an outage."""
    status.record_failure(error)
    if error.is_outage:
        circuit_breaker.on_failure(error)
    elif isinstance(error, BadStatus):  # it is there, and refuses this request
        circuit_breaker.on_success(error.source)


def _is_service_failure(error: RemoteError, is_fair: bool) -> bool:
    """Whether the service failed, rather than the page having had no time left for it."""
    return not isinstance(error, BudgetExhausted) and (is_fair or not isinstance(error, TimedOut))


def _fetch_before_deadline(call: ServiceCall, budget: Budget) -> Any:
    """Return the answer. Raises `TimedOut` if it is not complete by the deadline, `StartedTooLate` without calling."""
    if not call.url.startswith(("http://", "https://")):
        raise NotConfigured(call.service, source=call.source, setting=call.setting)
    if budget.is_too_late():
        raise StartedTooLate(call.service, source=call.source, seconds=0)
    seconds = budget.call_seconds()
    if not seconds:
        raise BudgetExhausted(call.service, source=call.source, seconds=0)
    future = _threads.submit(_send, call, budget, time.monotonic() + seconds)
    try:
        return future.result(timeout=seconds)
    except TimeoutError:
        future.cancel()
        raise TimedOut(call.service, source=call.source, seconds=seconds) from None


def _send(call: ServiceCall, budget: Budget, deadline: float) -> Any:
    """Send the request and read the response. Converts network errors to subclasses of `RemoteError`."""
    began = time.monotonic()
    names = {"service": call.service, "source": call.source}
    try:
        with _open_response(call, budget) as response:
            body = _read_body(call, response, began, deadline)
    except requests.exceptions.SSLError as error:
        raise UntrustedCertificate(**names) from error
    except (requests.exceptions.Timeout, ReadTimeoutError) as error:
        raise TimedOut(**names, seconds=time.monotonic() - began) from error
    except requests.exceptions.ConnectionError as error:
        raise _connection_error(call, error) from error
    except (requests.exceptions.RequestException, HTTPError, OSError, ValueError) as error:
        raise ConnectionBroken(**names) from error
    return _parse_json(call, response.status_code, body)


def _open_response(call: ServiceCall, budget: Budget) -> requests.Response:
    connect, read = budget.timeouts()
    return session().request(
        call.method,
        call.url,
        params=call.params,
        data=call.data,
        headers={"Accept": "application/json", **call.headers},
        auth=call.auth,
        timeout=(max(connect, 0.001), max(read, 0.001)),
        allow_redirects=False,
        stream=True,
    )


def _connection_error(call: ServiceCall, error: requests.exceptions.ConnectionError) -> RemoteError:
    """The error of an interrupted connection, or of one that was never established."""
    error_class = ConnectionBroken if "Connection aborted" in str(error) else ConnectionFailed
    return error_class(call.service, source=call.source)


def _read_body(call: ServiceCall, response: requests.Response, began: float, deadline: float) -> bytes:
    """Read the body in chunks, so that a response is aborted at the deadline, and one that is too large."""
    parts, size = [], 0
    while part := response.raw.read1(CHUNK_BYTES, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > call.max_bytes:
            response.close()
            raise TooLarge(call.service, source=call.source, limit=call.max_bytes)
        if time.monotonic() > deadline:
            response.close()
            raise TimedOut(call.service, source=call.source, seconds=deadline - began)
    return b"".join(parts)


def _parse_json(call: ServiceCall, status_code: int, body: bytes) -> Any:
    """Return the JSON of the body. Raises a `RemoteError` for an error status or invalid JSON."""
    names = {"service": call.service, "source": call.source}
    if status_code >= 300:
        body_start = body[:MAX_BODY_START].decode("utf-8", "replace")
        raise _error_class(status_code)(call.service, source=call.source, status=status_code, body_start=body_start)
    try:
        return json.loads(body, parse_constant=str)  # NaN is a text here, which no reader takes for a number
    except (ValueError, RecursionError) as error:
        raise NotJson(**names) from error


def _error_class(status_code: int) -> type[BadStatus]:
    if status_code < 400:
        return Redirected
    return AccessDenied if status_code in (401, 403) else BadStatus
