"""One request and its answer, as the services of the sandbox see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What was asked: `path` is decoded and without the query; `headers` has lower-case names."""

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
        """The body's fields when it is form-encoded."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def is_form(self) -> bool:
        """Sent by a form; JSON under a form's name (curl without a type) is still JSON."""
        is_named_so = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return is_named_so and not self.body.lstrip().startswith((b"{", b"["))

    @property
    def bearer(self) -> str | None:
        """The token that came with the request; None when there is no Authorization."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else None


class SentPart(Enum):
    """How much of an answer is sent before the connection is closed."""

    WHOLE = "whole"
    HALF = "half the body, then the connection is reset"
    HEADERS = "headers only"


@dataclass(frozen=True)
class Response:
    """What goes back: `body` is made JSON unless it is text.

    `sent` says how much of it leaves the house; after the headers alone, nothing comes for `held` seconds.
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
