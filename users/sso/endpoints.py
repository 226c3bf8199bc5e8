"""HTTP client of CERN's OpenID Connect realm. Requests go through `infrastructure.http` and have a deadline.

All functions raise `RemoteError` if the realm is unreachable or its response cannot be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from infrastructure.http import client
from infrastructure.http.errors import BadStatus, RemoteError, WrongShape
from users.sso.service import SSO

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget

DISCOVERY = "/.well-known/openid-configuration"
REQUIRED_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
# Statuses with which the realm rejects a code or the client. They do not count as failures of the service.
REFUSAL_STATUSES = frozenset({400, 401, 403})


class CodeRefused(RemoteError):
    """The realm rejected the authorization code."""

    is_outage = False
    predicate_template = "refused with status {status}"


def issuer() -> str:
    """Return the URL of the realm, which is also the issuer of its tokens."""
    return str(settings.SSO_URL).rstrip("/")


def fetch_configuration(budget: Budget) -> dict[str, Any]:
    """Return the OpenID configuration with the URLs of the endpoints. Raises `WrongShape` without one of them."""
    configuration: dict[str, Any] = client.fetch_json(_service_call("GET", issuer() + DISCOVERY), budget)
    for name in REQUIRED_ENDPOINTS:
        address = configuration.get(name) if isinstance(configuration, dict) else None
        if not isinstance(address, str) or not address.startswith(("https://", "http://")):
            raise _unexpected_answer(name)
    if configuration.get("issuer") != issuer():
        raise _unexpected_answer("issuer")
    return configuration


def fetch_keys(address: str, budget: Budget) -> list[object]:
    """Return the public keys of the realm (JWKS)."""
    response = client.fetch_json(_service_call("GET", address), budget)
    keys = response.get("keys") if isinstance(response, dict) else None
    if not isinstance(keys, list):
        raise _unexpected_answer("keys")
    return keys


def exchange_code(address: str, code: str, verifier: str, callback: str, budget: Budget) -> dict[str, Any]:
    """Exchange an authorization code for tokens. `verifier` is that of PKCE. Raises `CodeRefused`."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": verifier,
        "client_id": settings.OIDC_CLIENT_ID,
        "client_secret": settings.OIDC_CLIENT_SECRET,
    }
    try:
        tokens: dict[str, Any] = client.fetch_json(
            _service_call("POST", address, data=fields), budget, ignored_statuses=REFUSAL_STATUSES
        )
    except BadStatus as error:
        if error.status in REFUSAL_STATUSES:
            raise CodeRefused(SSO, status=error.status) from error
        raise
    for name in ("access_token", "id_token"):
        if not isinstance(tokens, dict) or not isinstance(tokens.get(name), str):
            raise _unexpected_answer(name)
    return tokens


def _service_call(method: str, address: str, **more: Any) -> client.ServiceCall:
    return client.ServiceCall(SSO, method, address, setting="SSO_URL", **more)


def _unexpected_answer(key: str) -> WrongShape:
    error = WrongShape(SSO, key=key)
    client.record_failure(error)
    return error
