"""The ID token that CERN gives: believed only when signed by the realm's key, for us, now, and for this sign-in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import jwt

ALGORITHM = "RS256"
CLOCK_LEEWAY_S = 30
REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub"]


class InvalidIdToken(Exception):
    """The token proves nothing; the text says why, for the log."""


def verify_id_token(token: str, keys: Sequence[object], *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of a token whose signature, issuer, audience, times and nonce are right; raises `InvalidIdToken`."""
    try:
        claims = jwt.decode(
            token,
            _signing_key(token, keys),
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=client_id,
            leeway=CLOCK_LEEWAY_S,
            options={"require": REQUIRED_CLAIMS},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise InvalidIdToken(f"{type(error).__name__}: {error}") from error
    if claims.get("azp", client_id) != client_id:
        raise InvalidIdToken("given to another client (azp)")
    said = claims.get("nonce")
    if not nonce or not isinstance(said, str) or not secrets.compare_digest(said.encode(), nonce.encode()):
        raise InvalidIdToken("of another sign-in (nonce)")
    return claims


def _signing_key(token: str, keys: Sequence[object]) -> jwt.PyJWK:
    """The realm's signing key of the name (`kid`) that the token gives; the token's own `alg` decides nothing."""
    kid = jwt.get_unverified_header(token).get("kid")
    for key in keys:
        if isinstance(key, dict) and isinstance(kid, str) and key.get("kid") == kid and key.get("use", "sig") == "sig":
            return jwt.PyJWK(key, algorithm=ALGORITHM)
    raise InvalidIdToken(f"signed with a key that the realm does not have ({str(kid)[:40]!r})")
