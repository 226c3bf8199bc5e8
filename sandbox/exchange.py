"""Requests and responses of the sandbox services."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request. `path` is decoded and without the query; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query_text(self) -> str:
        return unquote(urlsplit(self.target).query)

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form-encoded body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def is_form(self) -> bool:
        """Return whether a form was submitted. JSON with the content type of a form (default of curl) is no form."""
        is_named_so = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return is_named_so and not self.body.lstrip().startswith((b"{", b"["))

    @property
    def bearer(self) -> str | None:
        """Return the bearer token, or None without an Authorization header."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


class SentPart(Enum):
    """Part of a response that is sent before the connection is closed."""

    WHOLE = "whole"
    HALF = "half the body, then the connection is reset"
    HEADERS = "headers only"


@dataclass(frozen=True)
class Response:
    """A response. `body` is encoded as JSON unless it is text.

    `sent` is the part that is sent; after the headers alone, the connection stays open for `held` seconds.
    """

    body: Any = None
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_part: SentPart = SentPart.WHOLE
    hold_seconds: float = 0

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if self.content_type != JSON:
            return str(self.body).encode()
        return json.dumps(self.body, separators=(",", ":")).encode()
