"""Proof Key for Code Exchange (RFC 7636)."""

import base64
import hashlib


def code_challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
