"""Proof Key for Code Exchange (RFC 7636): what is shown at the start of a sign-in, made from what is kept."""

import base64
import hashlib


def code_challenge(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
