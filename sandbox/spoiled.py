"""Faulty responses: error pages, truncated responses, JSON without required keys, impossible values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.apv import DECO, PEAK
from sandbox.exchange import HTML, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

LOGIN_PATH = "/sso/auth/realms/cern/protocol/openid-connect/auth"
PROXY = "proxy"
UNKNOWN_UNIT = "furlong"
_COUNTS = ("count", "counter", "number", "bunches", "pages", "expires_in", "entries")
_IDENTIFYING_NUMBERS = frozenset(
    {"run_number", "fill_number", "first_run_number", "last_run_number", "lumisection_number", "ls_number"}
)
_NULLED_KEYS = frozenset(
    {"hlt_key", "energy", "b_field", "components", "name", "access_token", "id_token", "token_endpoint", "me", "x_max"}
)
_PAGE = '<!DOCTYPE html>\n<html lang="en">\n<head><title>{title}</title></head>\n<body>\n{body}\n</body>\n</html>\n'
_SIGN_IN = _PAGE.format(
    title="Sign in to CERN",
    body='<h1>Sign in with your CERN account</h1>\n<form method="post"><input name="username"><input name="password" '
    'type="password"><button>Sign in</button></form>',
)
_UNAVAILABLE = _PAGE.format(
    title="503 Service Unavailable",
    body="<h1>Service Unavailable</h1>\n<p>The server is temporarily unable to service your request due to maintenance "
    "downtime or capacity problems. Please try again later.</p>",
)


def login_page() -> Response:
    """Return the HTML sign-in page of CERN, which a client may get instead of its response."""
    return Response(_SIGN_IN, 200, HTML)


def redirect_to_login_page() -> Response:
    """Return a redirect to the sign-in page."""
    return Response("", 302, HTML, {"Location": f"{LOGIN_PATH}?client_id={PROXY}&response_type=code"})


def is_login_page(request: Request) -> bool:
    """Return whether that page is requested, as opposed to the sign-in of a user to CertHelper."""
    return request.path == LOGIN_PATH and ("client_id", PROXY) in request.query


def unavailable() -> Response:
    """Return status 503 with the HTML page of a web server."""
    return Response(_UNAVAILABLE, 503, HTML)


def empty(response: Response) -> Response:
    """Return status 200 without a body."""
    return replace(response, body=b"", status=200)


def truncated(response: Response) -> Response:
    """Return the first half of the JSON as a complete HTTP response."""
    content = response.encoded()
    return replace(response, body=content[: max(1, len(content) // 2)])


def wrong_shape(response: Response) -> Response:
    """Return valid JSON without the expected keys."""
    return replace(response, body={"sandbox": "response in another shape"}, status=200)


def bad_values(response: Response) -> Response:
    """Return the response with negative counts, unknown units, and null instead of names and numbers."""
    if response.status != 200:
        return response
    body = json.loads(response.body) if isinstance(response.body, bytes) else response.body
    return replace(response, body=_with_bad_values(body))


def _with_bad_values(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _with_bad_values(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_bad_values(item, name) for item in value]
    if name in _NULLED_KEYS or value in (DECO, PEAK):
        return None
    if name == "units":
        return UNKNOWN_UNIT
    return _negative(value) if _is_count(name, value) else value


def _is_count(name: str, value: Any) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and name not in _IDENTIFYING_NUMBERS and any(word in name.lower() for word in _COUNTS)


def _negative(value: int) -> int:
    return -abs(value) or -1


# Faults that replace the response of the service, and faults that modify it.
REPLACEMENTS: dict[str, Callable[[], Response]] = {
    "503-html": unavailable,
    "login-page": login_page,
    "redirect": redirect_to_login_page,
}
SPOILS: dict[str, Callable[[Response], Response]] = {
    "empty": empty,
    "truncated": truncated,
    "wrong-shape": wrong_shape,
    "bad-values": bad_values,
}
