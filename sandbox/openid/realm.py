"""State of the realm: sessions, authorization codes and issued tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.openid.keys import SPOILS, Keys
from sandbox.openid.people import SandboxAccount, SandboxAccounts

CODE_LIFETIME_S = 60
TOKEN_LIFETIME_S = 1200
MAX_REMEMBERED = 1000
T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """Session of a signed-in user."""

    person: SandboxAccount
    sid: str
    since: int


@dataclass(frozen=True)
class Code:
    """Data of an authorization code."""

    session: Session
    client: str
    redirect_uri: str
    challenge: str
    nonce: str
    issuer: str
    expires: float


def _remember(entries: OrderedDict[str, T], key: str, value: T) -> None:
    """Store an entry, and remove the oldest ones above the maximum."""
    entries[key] = value
    while len(entries) > MAX_REMEMBERED:
        entries.popitem(last=False)


@dataclass
class Realm:
    """State of the realm."""

    keys: Keys = field(default_factory=Keys)
    people: SandboxAccounts = field(default_factory=SandboxAccounts)
    spoil: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _codes: OrderedDict[str, Code] = field(default_factory=OrderedDict)
    _sessions: OrderedDict[str, Session] = field(default_factory=OrderedDict)
    _access: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)

    def reset(self) -> None:
        """Restore the initial state, except for the keys: demo accounts, no sessions, valid tokens."""
        self.people.reset()
        with self._lock:
            self.spoil = ""
            for entries in (self._codes, self._sessions, self._access):
                entries.clear()

    def spoil_tokens(self, how: str) -> None:
        """Issue ID tokens with this error (one of SPOILS; empty: none). Raises `ValueError`."""
        if how and how not in SPOILS:
            raise ValueError(f"spoil is {how!r}: give one of {', '.join(SPOILS)}, or nothing.")
        self.spoil = how

    def sign_in(self, person: SandboxAccount) -> Session:
        """Create a session."""
        session = Session(person, str(uuid.uuid4()), int(time.time()))
        with self._lock:
            _remember(self._sessions, session.sid, session)
        return session

    def session(self, sid: str) -> Session | None:
        """Return the session with this id, or None if it was ended."""
        with self._lock:
            return self._sessions.get(sid)

    def end_session(self, sid: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(sid, None)

    def issue_code(self, session: Session, request_params: dict[str, str], issuer: str) -> str:
        """Issue a code that is valid once, for a minute."""
        code = Code(
            session,
            request_params["client_id"],
            request_params["redirect_uri"],
            request_params["code_challenge"],
            request_params.get("nonce", ""),
            issuer,
            time.time() + CODE_LIFETIME_S,
        )
        key = f"{uuid.uuid4()}.{session.sid}"
        with self._lock:
            _remember(self._codes, key, code)
        return key

    def redeem(self, key: str) -> Code | None:
        """Return the data of a code that is valid and was not used, else None."""
        with self._lock:
            code = self._codes.pop(key, None)
        return code if code and time.time() < code.expires else None

    def tokens(self, code: Code) -> dict[str, Any]:
        """Return the response body of the token endpoint."""
        access, now = secrets.token_urlsafe(32), int(time.time())
        claims = {
            **code.session.person.claims(code.client),
            "iss": code.issuer,
            "aud": code.client,
            "azp": code.client,
            "typ": "ID",
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + TOKEN_LIFETIME_S,
            "auth_time": code.session.since,
            "sid": code.session.sid,
            "session_state": code.session.sid,
            "at_hash": _at_hash(access),
        }
        if code.nonce:
            claims["nonce"] = code.nonce
        with self._lock:
            _remember(self._access, access, claims)
        return {
            "access_token": access,
            "expires_in": TOKEN_LIFETIME_S,
            "refresh_expires_in": 1800,
            "refresh_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "not-before-policy": 0,
            "id_token": self.keys.signed(claims, self.spoil),
            "session_state": code.session.sid,
            "scope": "openid profile email",
        }

    def userinfo(self, access: str) -> dict[str, Any] | None:
        """Return the claims of the userinfo endpoint, which, as at CERN, has no roles."""
        with self._lock:
            claims = self._access.get(access)
        names = ("sub", "cern_upn", "preferred_username", "given_name", "family_name", "name", "email")
        return {name: claims[name] for name in names if name in claims} if claims else None


def _at_hash(access: str) -> str:
    return unpadded(hashlib.sha256(access.encode()).digest()[:16])


def unpadded(content: bytes) -> str:
    """Return URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
