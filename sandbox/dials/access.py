"""Who may read: an application by a token for the audience of DIALS, or by the older header with its secret."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from sandbox.exchange import HTML, Request, Response

if TYPE_CHECKING:
    from sandbox.sso import Tokens

AUDIENCE = "cms-dials-prod-confidential-app"
SECRET_HEADER, SECRET = "x-client-secret", "sandbox"
_PAGE = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1>'
    "<p>{text}</p>\n</body>\n</html>\n"
)


def error_page(status: int, title: str, text: str = "") -> Response:
    """Return an error page of Django."""
    return Response(_PAGE.format(title=title, text=text), status, HTML)


def server_error() -> Response:
    """Return what DIALS answers when it fails: a page, not JSON."""
    return error_page(500, "Server Error (500)")


def _refused(detail: str, code: str, status: int = 403) -> Response:
    return Response({"detail": detail, "code": code}, status)


def refusal(status: int) -> Response:
    """Return the response to an unauthorized request. DIALS itself answers 403 to whatever is wrong with a token."""
    return _refused("Token is invalid or expired", "token_not_valid", status)


def refusal_of(request: Request, tokens: Tokens) -> Response | None:
    """Return why the request is refused, or None if it is allowed."""
    secret = request.headers.get(SECRET_HEADER)
    if secret is not None:
        return None if secret == SECRET else refusal(403)
    token = request.bearer
    if "authorization" not in request.headers:
        return _refused("Authorization header not found.", "authorization_not_found")
    if token and tokens.is_valid(token, AUDIENCE):
        return None
    claims = _claims(token or "")
    if claims is None:
        return server_error()  # DIALS does not expect a token that is none
    if claims.get("exp", 0) <= time.time():
        return _refused("Access token has expired.", "access_token_expired")
    return refusal(403)


def _claims(token: str) -> dict[str, Any] | None:
    """Return what the token says, unverified, or None if it is no JSON web token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None
