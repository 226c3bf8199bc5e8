"""Access tokens of CertHelper: one per audience, shared by all threads of this process.

CERN's machine sign-in: POST <realm>/api-access/token, client id and secret by HTTP Basic.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings

from infrastructure.http import circuit_breaker
from infrastructure.http import client as http_client
from infrastructure.http.errors import (
    AccessDenied,
    BadStatus,
    BudgetExhausted,
    NoToken,
    Redirected,
    RemoteError,
    WrongShape,
)
from infrastructure.http.services import token_issuer

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget

RENEWAL_MARGIN_S = 30.0
# How a service refuses an expired token: the first of these is not counted as a failure of the service.
STALE_TOKEN_STATUSES = frozenset({401, *range(300, 400)})


@dataclass(frozen=True)
class ClientCredentials:
    """The client and the audience of a token."""

    audience: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass
class _CachedToken:
    """The token of one client, with the lock that lets one thread at a time ask for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = ""
    valid_until: float = 0.0
    error: RemoteError | None = None
    failed_at: float = 0.0

    def valid_token(self) -> str:
        return self.token if time.monotonic() < self.valid_until else ""


_tokens: dict[tuple[str, ClientCredentials], _CachedToken] = {}
_tokens_lock = threading.Lock()


def fetch_json(
    call: http_client.ServiceCall,
    client: ClientCredentials,
    budget: Budget,
    *,
    ignored_statuses: Collection[int] = (),
    stale_statuses: Collection[int] = STALE_TOKEN_STATUSES,
) -> object:
    """`http_client.fetch_json` with the client's token. A token that is refused is renewed, once.

    A proxy may refuse with a redirect to its sign-in page instead of a 401; `stale_statuses`: how this service refuses
    an expired token. An empty audience: no token.
    """
    if not client.audience:
        return http_client.fetch_json(call, budget, ignored_statuses=ignored_statuses)
    circuit_breaker.raise_if_open(call.service, budget)
    token = token_for(call.service, client, budget)
    try:
        ignored = {*stale_statuses, *ignored_statuses}
        return http_client.fetch_json(_with_token(call, token), budget, ignored_statuses=ignored)
    except (AccessDenied, Redirected) as error:
        if error.status not in stale_statuses:
            raise
    discard(client, token)
    renewed = _with_token(call, token_for(call.service, client, budget))
    return http_client.fetch_json(renewed, budget, ignored_statuses=ignored_statuses)


def _with_token(call: http_client.ServiceCall, token: str) -> http_client.ServiceCall:
    return call.with_header("Authorization", f"Bearer {token}")


def token_for(service: str, client: ClientCredentials, budget: Budget) -> str:
    """A token that is valid for at least 30 s (or half its lifetime). Raises a `RemoteError`."""
    cached = _cached_token(client)
    if token := cached.valid_token():
        return token
    # Before the lock: no page waits for an issuer whose circuit is open.
    circuit_breaker.before_call(token_issuer(), budget, asked_for=service)
    started_at = time.monotonic()
    if not cached.lock.acquire(timeout=budget.remaining()):
        raise BudgetExhausted(service, source=token_issuer(), seconds=0)
    try:
        return cached.valid_token() or _renew(cached, service, client, budget, started_at)
    finally:
        cached.lock.release()


def discard(client: ClientCredentials, token: str) -> None:
    """Forget `token`, unless another thread has renewed it already."""
    cached = _cached_token(client)
    with _tokens_lock:
        if cached.token == token:
            cached.valid_until = 0.0


def discard_all() -> None:
    """Forget every token, as a new process would (tests, a change of credentials)."""
    with _tokens_lock:
        _tokens.clear()


def _cached_token(client: ClientCredentials) -> _CachedToken:
    with _tokens_lock:
        return _tokens.setdefault((settings.SSO_URL, client), _CachedToken())


def _renew(cached: _CachedToken, service: str, client: ClientCredentials, budget: Budget, started_at: float) -> str:
    """Request a token. A thread that waited for the failed request of another one raises the same error."""
    if cached.error and cached.failed_at > started_at:
        raise cached.error.for_service(service)
    try:
        token, seconds = _fetch_token(service, client, budget)
    except RemoteError as error:
        cached.error, cached.failed_at = error, time.monotonic()
        raise
    cached.error = None
    cached.token = token
    cached.valid_until = time.monotonic() + max(seconds - RENEWAL_MARGIN_S, seconds / 2)
    return token


def _fetch_token(service: str, client: ClientCredentials, budget: Budget) -> tuple[str, float]:
    """A new token and its lifetime in seconds."""
    call = http_client.ServiceCall(
        service,
        "POST",
        f"{settings.SSO_URL}/api-access/token",
        setting="SSO_URL",
        source=token_issuer(),
        data={"grant_type": "client_credentials", "audience": client.audience},
        auth=(client.client_id, client.client_secret),
    )
    try:
        answer = http_client.fetch_json(call, budget)
    except BadStatus as error:
        if error.status in (400, 401, 403):
            raise NoToken(service, source=token_issuer(), status=error.status) from error
        raise
    try:
        return _parse_token(answer, service)
    except WrongShape as error:
        http_client.record_failure(error)
        raise


def _parse_token(answer: object, service: str) -> tuple[str, float]:
    """The token and its lifetime in seconds. Raises `WrongShape` with the missing or invalid key."""
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise WrongShape(service, source=token_issuer(), key="access_token")
    seconds = answer.get("expires_in") if isinstance(answer, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise WrongShape(service, source=token_issuer(), key="expires_in")
    return token, float(seconds)
