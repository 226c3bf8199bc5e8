"""Verification of the ID token of CERN: signature, issuer, audience, times and nonce."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHM = "RS256"
CLOCK_LEEWAY_S = 30
REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub"]


class InvalidIdToken(Exception):
    """The token is invalid. The text is for the log."""


def verify_id_token(token: str, keys: Sequence[object], *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of a valid token. Raises `InvalidIdToken`."""
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
        raise InvalidIdToken("issued to another client (azp)")
    claimed = claims.get("nonce")
    if not nonce or not isinstance(claimed, str) or not secrets.compare_digest(claimed.encode(), nonce.encode()):
        raise InvalidIdToken("issued for another sign-in (nonce)")
    return claims


def _signing_key(token: str, keys: Sequence[object]) -> jwt.PyJWK:
    """Return the signing key of the realm with the token's `kid`. The token's `alg` is ignored."""
    kid = jwt.get_unverified_header(token).get("kid")
    for key in keys:
        if isinstance(key, dict) and isinstance(kid, str) and key.get("kid") == kid and key.get("use", "sig") == "sig":
            return jwt.PyJWK(key, algorithm=ALGORITHM)
    raise InvalidIdToken(f"signed with an unknown key ({str(kid)[:40]!r})")
