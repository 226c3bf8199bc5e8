"""Stand-in of CERN's realm at `/sso/auth/realms/cern`: machine tokens, their verification, and the sign-in of users.

Machine tokens: `POST api-access/token`. Known clients are `certhelper` and `certhelper-oms`, with any secret that is
not empty. The tokens are JSON web tokens signed with a key of this process, so they are not valid elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.exchange import Request, Response
from sandbox.openid import provider
from sandbox.openid.realm import Realm

CLIENTS = frozenset({"certhelper", "certhelper-oms"})
DEFAULT_LIFETIME_S = 1200
ISSUER = "https://auth.cern.ch/auth/realms/cern"


def _token_part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass(frozen=True)
class Grant:
    """Client and audience of a token, and its expiry (seconds since 1970)."""

    client: str
    audience: str
    expires: float


class Tokens:
    """The issued tokens that were not revoked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._granted: dict[str, Grant] = {}
        self.lifetime: float = DEFAULT_LIFETIME_S

    def revoke(self, lifetime: float = DEFAULT_LIFETIME_S) -> None:
        """Revoke all tokens. New ones are valid for `lifetime` seconds."""
        with self._lock:
            self._granted.clear()
            self.lifetime = lifetime

    def issue(self, client: str, audience: str) -> str:
        """Issue a token to the client for the audience."""
        now = time.time()
        with self._lock:
            expires = now + self.lifetime
            token = self._signed(client, audience, now, expires)
            self._granted[token] = Grant(client, audience, expires)
        return token

    def is_valid(self, token: str, audience: str) -> bool:
        """Return whether the token is for the audience, not revoked and not expired."""
        with self._lock:
            grant = self._granted.get(token)
        return grant is not None and grant.audience == audience and time.time() < grant.expires

    def client_of(self, token: str) -> str | None:
        """Return the client to which the token was issued, or None for an unknown token."""
        with self._lock:
            grant = self._granted.get(token)
        return grant.client if grant else None

    def _signed(self, client: str, audience: str, now: float, expires: float) -> str:
        claims = {
            "iss": ISSUER,
            "sub": f"service-account-{client}",
            "aud": audience,
            "azp": client,
            "iat": int(now),
            "exp": int(expires),
            "jti": str(uuid.uuid4()),
            "typ": "Bearer",
        }
        head = _token_part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "sandbox"}).encode())
        text = f"{head}.{_token_part(json.dumps(claims).encode())}"
        return f"{text}.{_token_part(hmac.new(self._key, text.encode(), hashlib.sha256).digest())}"


def _refusal(status: int, error: str, description: str) -> Response:
    return Response({"error": error, "error_description": description}, status)


def refusal(status: int) -> Response:
    """Return the response to a client that gets no token."""
    if status == 401:
        return _refusal(401, "invalid_client", "Invalid client or Invalid client credentials")
    return _refusal(status, "access_denied", "The client may not ask for this audience")


def _credentials(request: Request, fields: dict[str, str]) -> tuple[str, str]:
    """Return client and secret, from HTTP Basic or from the form."""
    scheme, _, packed = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client, _, secret = base64.b64decode(packed).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return client, secret
    return fields.get("client_id", ""), fields.get("client_secret", "")


def answer(request: Request, tokens: Tokens, realm: Realm) -> Response:
    """Return the response of the realm."""
    path = request.path.rstrip("/").removeprefix(provider.REALM_PATH)
    allowed, respond = _ROUTES.get(path, ((), _unknown_path))
    if allowed and request.method not in allowed:
        return Response({"error": "HTTP 405 Method Not Allowed"}, 405)
    return respond(request, tokens, realm)


def _unknown_path(*_: object) -> Response:
    return Response({"error": "HTTP 404 Not Found"}, 404)


def _machine_token(request: Request, tokens: Tokens, _realm: Realm) -> Response:
    fields = request.form
    client, secret = _credentials(request, fields)
    if client not in CLIENTS:
        return refusal(401)
    if not secret:
        return _refusal(401, "unauthorized_client", "Invalid client or Invalid client credentials")
    return _grant_token(client, fields, tokens)


def _exchange_code(request: Request, _tokens: Tokens, realm: Realm) -> Response:
    """Exchange the authorization code of a user for tokens."""
    fields = request.form
    client, secret = _credentials(request, fields)
    if not client or not secret:
        return refusal(401)
    if fields.get("grant_type") != "authorization_code":
        return _refusal(400, "unsupported_grant_type", "Unsupported grant_type")
    return provider.redeem(fields, client, realm)


def _grant_token(client: str, fields: dict[str, str], tokens: Tokens) -> Response:
    if not fields.get("grant_type"):
        return _refusal(400, "invalid_request", "Missing form parameter: grant_type")
    if fields["grant_type"] != "client_credentials":
        return _refusal(400, "unsupported_grant_type", "Unsupported grant_type")
    if not fields.get("audience"):
        return _refusal(400, "invalid_request", "Missing form parameter: audience")
    body: dict[str, Any] = {
        "access_token": tokens.issue(client, fields["audience"]),
        "expires_in": int(tokens.lifetime),
        "refresh_expires_in": 0,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": "",
    }
    return Response(body)


_OPENID = "/protocol/openid-connect"
_Responder = Callable[[Request, Tokens, Realm], Response]
_ROUTES: dict[str, tuple[tuple[str, ...], _Responder]] = {
    "/api-access/token": (("POST",), _machine_token),
    "/.well-known/openid-configuration": (("GET",), lambda request, _tokens, _realm: provider.discovery(request)),
    f"{_OPENID}/certs": (("GET",), lambda _request, _tokens, realm: Response(realm.keys.published())),
    f"{_OPENID}/auth": (("GET", "POST"), lambda request, _tokens, realm: provider.authorize(request, realm)),
    f"{_OPENID}/token": (("POST",), _exchange_code),
    f"{_OPENID}/userinfo": (("GET", "POST"), lambda request, _tokens, realm: provider.userinfo(request, realm)),
    f"{_OPENID}/logout": (("GET", "POST"), lambda request, _tokens, realm: provider.log_out(request, realm)),
}
