"""CERN's realm, as people sign in to it: asked through the one door for outgoing HTTP, and so never without a deadline.

Every function raises a `RemoteError`: for a realm that is out, and `CodeRefused` where it refuses this sign-in.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from infrastructure.http import client
from infrastructure.http.budget import Budget
from infrastructure.http.errors import BadStatus, RemoteError, WrongShape
from users.sso.service import SSO

DISCOVERY = "/.well-known/openid-configuration"
REQUIRED_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
# How the realm refuses a code or us; that says nothing of its health.
REFUSAL_STATUSES = frozenset({400, 401, 403})


class CodeRefused(RemoteError):
    """The realm answered, and gave no tokens for this code."""

    is_outage = False
    predicate_template = "refused with status {status}"


def issuer() -> str:
    """The realm's address, which is its name (issuer) too."""
    return str(settings.SSO_URL).rstrip("/")


def fetch_configuration(budget: Budget) -> dict[str, Any]:
    """Where the realm's endpoints are."""
    found = client.fetch_json(_service_call("GET", issuer() + DISCOVERY), budget)
    for name in REQUIRED_ENDPOINTS:
        address = found.get(name) if isinstance(found, dict) else None
        if not isinstance(address, str) or not address.startswith(("https://", "http://")):
            raise _unexpected_answer(name)
    if found.get("issuer") != issuer():
        raise _unexpected_answer("issuer")
    return found


def fetch_keys(address: str, budget: Budget) -> list[object]:
    """The realm's public keys (JWKS)."""
    found = client.fetch_json(_service_call("GET", address), budget)
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise _unexpected_answer("keys")
    return listed


def exchange_code(address: str, code: str, verifier: str, callback: str, budget: Budget) -> dict[str, Any]:
    """What the realm gives for the code that the browser brought back; `verifier` proves who began (PKCE)."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": verifier,
        "client_id": settings.OIDC_CLIENT_ID,
        "client_secret": settings.OIDC_CLIENT_SECRET,
    }
    try:
        given = client.fetch_json(
            _service_call("POST", address, data=fields), budget, ignored_statuses=REFUSAL_STATUSES
        )
    except BadStatus as error:
        if error.status in REFUSAL_STATUSES:
            raise CodeRefused(SSO, status=error.status) from error
        raise
    for name in ("access_token", "id_token"):
        if not isinstance(given, dict) or not isinstance(given.get(name), str):
            raise _unexpected_answer(name)
    return given


def _service_call(method: str, address: str, **more: Any) -> client.ServiceCall:
    return client.ServiceCall(SSO, method, address, setting="SSO_URL", **more)


def _unexpected_answer(key: str) -> WrongShape:
    error = WrongShape(SSO, key=key)
    client.record_failure(error)
    return error
