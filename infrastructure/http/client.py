"""The one door for outgoing HTTP: pooled, verified, never without a deadline, JSON only."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from infrastructure.http import circuit_breaker, status
from infrastructure.http.budget import Budget
from infrastructure.http.ca_bundle import ca_bundle
from infrastructure.http.errors import (
    BadStatus,
    BrokenOff,
    Denied,
    NotAsked,
    NotConfigured,
    NotJson,
    Redirected,
    Refused,
    RemoteError,
    TimedOut,
    Untrusted,
)

logger = logging.getLogger(__name__)
CHUNK = 64 * 1024
# Calls run in these threads so that nothing - a name server, a handshake, dripping headers - can hold the page beyond
# its deadline; an abandoned one ends by its own time-outs.
_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="outgoing")


@dataclass(frozen=True)
class Call:
    """One request to a service. `source` names who is really called where that is not the service asked (tokens)."""

    service: str
    method: str
    url: str
    setting: str  # the setting that gives the address, named when it is empty
    source: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Any = None
    data: Any = None
    auth: tuple[str, str] | None = None

    def with_header(self, name: str, value: str) -> Call:
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


def ask(call: Call, budget: Budget, *, excused: Collection[int] = ()) -> Any:
    """The JSON that the service answers; raises a `RemoteError`, at once for a service that is left alone.

    What came of it is kept in `status` and `circuit_breaker`, but for `excused` HTTP statuses: those that may be
    our own fault.
    """
    who = call.source or call.service
    circuit_breaker.admit(who, budget, asked_for=call.service)
    is_fair = budget.is_fair()
    try:
        answer = _in_time(call, budget)
    except RemoteError as error:
        details = getattr(error, "said", "") or error.__cause__ or ""
        logger.warning("%s %s: %s %s", call.method, call.url, error.sentence, details)
        if _tells_of_the_service(error, is_fair) and getattr(error, "status", None) not in excused:
            failed(error)
        raise
    status.answered(who)
    circuit_breaker.answered(who)
    return answer


def failed(error: RemoteError) -> None:
    """Note that a service gave nothing usable, and leave it alone where that is an outage."""
    status.failed(error)
    if error.is_outage:
        circuit_breaker.failed(error)
    elif isinstance(error, BadStatus):  # it is there, and refuses this request
        circuit_breaker.answered(error.source)


def _tells_of_the_service(error: RemoteError, is_fair: bool) -> bool:
    """Whether the service failed, rather than the page having had no time left for it."""
    return not isinstance(error, NotAsked) and (is_fair or not isinstance(error, TimedOut))


def _in_time(call: Call, budget: Budget) -> Any:
    """The answer, or `TimedOut` when the whole of it has not come by the deadline."""
    if not call.url.startswith(("http://", "https://")):
        raise NotConfigured(call.service, source=call.source, setting=call.setting)
    seconds = budget.for_one_call()
    if not seconds:
        raise NotAsked(call.service, source=call.source, seconds=0)
    future = _threads.submit(_send, call, budget, time.monotonic() + seconds)
    try:
        return future.result(timeout=seconds)
    except TimeoutError:
        future.cancel()
        raise TimedOut(call.service, source=call.source, seconds=seconds) from None


def _send(call: Call, budget: Budget, deadline: float) -> Any:
    """Send and read, with every failure of the network named."""
    began = time.monotonic()
    who = {"service": call.service, "source": call.source}
    try:
        with _open(call, budget) as response:
            body = _body(call, response, began, deadline)
    except requests.exceptions.SSLError as error:
        raise Untrusted(**who) from error
    except (requests.exceptions.Timeout, ReadTimeoutError) as error:
        raise TimedOut(**who, seconds=time.monotonic() - began) from error
    except requests.exceptions.ConnectionError as error:
        raise _unconnected(call, error) from error
    except (requests.exceptions.RequestException, HTTPError, OSError, ValueError) as error:
        raise BrokenOff(**who) from error
    return _json(call, response.status_code, body)


def _open(call: Call, budget: Budget) -> requests.Response:
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


def _unconnected(call: Call, error: requests.exceptions.ConnectionError) -> RemoteError:
    """Connected and cut off reads as a protocol error; anything else never got a connection."""
    kind = BrokenOff if "Connection aborted" in str(error) else Refused
    return kind(call.service, source=call.source)


def _body(call: Call, response: requests.Response, began: float, deadline: float) -> bytes:
    """The whole body, read as it comes, so that one that drips is given up at the deadline."""
    parts = []
    while part := response.raw.read1(CHUNK, decode_content=True):
        parts.append(part)
        if time.monotonic() > deadline:
            response.close()
            raise TimedOut(call.service, source=call.source, seconds=deadline - began)
    return b"".join(parts)


def _json(call: Call, status_code: int, body: bytes) -> Any:
    """The body's JSON when the status is a good one."""
    who = {"service": call.service, "source": call.source}
    if status_code >= 300:
        said = body[:200].decode("utf-8", "replace")
        raise _kind_of(status_code)(call.service, source=call.source, status=status_code, said=said)
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(**who) from error


def _kind_of(status_code: int) -> type[BadStatus]:
    if status_code < 400:
        return Redirected
    return Denied if status_code in (401, 403) else BadStatus


def _refuse_constant(word: str) -> None:
    """NaN and Infinity are not JSON and would reach the database."""
    raise ValueError(f"{word} is not JSON")
