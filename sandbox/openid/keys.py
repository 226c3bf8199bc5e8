"""Keys of the realm, and tokens signed with them, on request of a test with an error."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

if TYPE_CHECKING:
    from collections.abc import Callable

ALGORITHM = "RS256"
KIDS = ("sandbox-2026-a", "sandbox-2026-b")
TokenClaims = dict[str, Any]

# Errors of an ID token that can be requested (POST /_sandbox/id-tokens).
SPOILS = {
    "signature": "signed with another key than the one that `kid` names",
    "kid": "`kid` names a key that the realm does not have",
    "no-kid": "no `kid` at all",
    "unsigned": "no signature (`alg` none)",
    "hmac": "signed with the public key as a shared secret (HS256)",
    "expired": "expired an hour ago",
    "audience": "for another client",
    "issuer": "of another realm",
    "nonce": "with the nonce of another sign-in",
    "no-subject": "of nobody (no `sub`)",
}
_CLAIMS: dict[str, Callable[[], TokenClaims]] = {
    "expired": lambda: {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600},
    "audience": lambda: {"aud": "somebody-else", "azp": "somebody-else"},
    "issuer": lambda: {"iss": "https://elsewhere.example/realms/cern"},
    "nonce": lambda: {"nonce": "of-another-sign-in"},
}


class Keys:
    """Two signing keys, created when first used. Tokens are signed alternately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = itertools.cycle(KIDS)

    @cached_property
    def _keys(self) -> dict[str, RSAPrivateKey]:
        return {kid: generate_private_key(public_exponent=65537, key_size=2048) for kid in KIDS}

    def published(self) -> dict[str, Any]:
        """Return the JWKS: an encryption key, as Keycloak has, followed by both signing keys."""
        with self._lock:
            keys = self._keys
        signing = [_public_jwk(key, kid=kid, use="sig", alg=ALGORITHM) for kid, key in keys.items()]
        return {"keys": [{**signing[0], "kid": "sandbox-enc", "use": "enc", "alg": "RSA-OAEP"}, *signing]}

    def signed(self, claims: TokenClaims, spoil: str = "") -> str:
        """Return the signed token; `spoil` is one of SPOILS or empty."""
        with self._lock:
            kid, keys = next(self._turn), self._keys
        other = next(candidate for candidate in KIDS if candidate != kid)
        content = {**claims, **_CLAIMS.get(spoil, dict)()}
        if spoil == "no-subject":
            content.pop("sub")
        if spoil == "unsigned":
            return jwt.encode(content, "", algorithm="none", headers={"kid": kid})
        if spoil == "hmac":
            return _shared_secret_token(content, kid, keys[kid])
        headers = {} if spoil == "no-kid" else {"kid": "unknown" if spoil == "kid" else kid}
        return jwt.encode(content, keys[other if spoil == "signature" else kid], algorithm=ALGORITHM, headers=headers)

    def read(self, token: str) -> TokenClaims:
        """The claims of a token of this realm, expired or not; `jwt.PyJWTError` for any other."""
        kid = jwt.get_unverified_header(token).get("kid")
        with self._lock:
            key = self._keys.get(str(kid))
        if key is None:
            raise jwt.InvalidTokenError("unknown key")
        options: Any = {"verify_exp": False, "verify_aud": False}
        return jwt.decode(token, key.public_key(), algorithms=[ALGORITHM], options=options)


def _public_jwk(key: RSAPrivateKey, **more: str) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), **more}


def _shared_secret_token(content: TokenClaims, kid: str, key: RSAPrivateKey) -> str:
    """Return a token for the known attack on verifiers that trust `alg`: the public key is used as shared secret."""
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = ({"alg": "HS256", "typ": "JWT", "kid": kid}, content)
    text = ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in parts)
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64url_encode(signature).decode()}"
