"""Responses of Run Registry: routes, authorization, and errors with the texts of the real backend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.exchange import HTML, Request, Response
from sandbox.registry.cycles import cycles, datasets_accepted
from sandbox.registry.filters import RegistryError
from sandbox.registry.lumisections import LUMISECTION_LISTS
from sandbox.registry.paging import page
from sandbox.registry.rows import dataset_names

if TYPE_CHECKING:
    from sandbox.sso import Tokens

PREFIX = "/registry"
AUDIENCE = "cmsrunregistry-sso-proxy"
_NAMES_PATH = "/get_all_dataset_names_of_run/"
_QUERIES = {"/runs_filtered_ordered": "Run", "/datasets_filtered_ordered": "Dataset"}
_REFUSAL_PAGE = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr>"
    "<center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_NOT_FOUND_PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n'
    "<pre>Cannot {method} {path}</pre>\n</body>\n</html>\n"
)
_EXPRESS_HEADERS = {"X-Powered-By": "Express", "Access-Control-Allow-Origin": "*"}


def _is_authorized(request: Request, tokens: Tokens) -> bool:
    """Return whether the token is valid for the audience; without a token, the header `email` is sufficient."""
    if request.bearer is not None:
        return tokens.is_valid(request.bearer, AUDIENCE)
    return bool(request.headers.get("email"))


def refusal(status: int) -> Response:
    """Return the response to an unauthorized request: 401 for an invalid token, 403 for a missing role."""
    title = "401 Authorization Required" if status == 401 else f"{status} Forbidden"
    return Response({"message": _REFUSAL_PAGE.format(title=title)}, status)


def answer(request: Request, tokens: Tokens) -> Response:
    """Return the response of Run Registry."""
    if not _is_authorized(request, tokens):
        return refusal(401)
    try:
        body = _route(request, request.path.removeprefix(PREFIX))
    except RegistryError as error:
        return Response({"err": str(error)}, 500, headers=_EXPRESS_HEADERS)
    if body is None:
        text = _NOT_FOUND_PAGE.format(method=request.method, path=request.path.removeprefix(PREFIX))
        return Response(text, 404, HTML, _EXPRESS_HEADERS)
    return Response(body, headers=_EXPRESS_HEADERS)


def _route(request: Request, path: str) -> Any:
    if request.method == "GET":
        return _get_answer(path)
    if request.method != "POST":
        return None
    name = path.removeprefix("/lumisections/")
    if path in _QUERIES:
        return page(_body(request), _QUERIES[path])
    return LUMISECTION_LISTS[name](_body(request)) if name in LUMISECTION_LISTS and name != path else None


def _get_answer(path: str) -> Any:
    if path == "/cycles/global":
        return cycles()
    if path == "/datasets_accepted":
        return datasets_accepted()
    if not path.startswith(_NAMES_PATH):
        return None
    number = path.removeprefix(_NAMES_PATH)
    if not number.lstrip("-").isdigit():
        raise RegistryError(f'invalid input syntax for type integer: "{number}"')
    return dataset_names().get(int(number), [])


def _body(request: Request) -> dict[str, Any]:
    """Return the JSON body. Raises `RegistryError` with the message of Node.js."""
    try:
        body = json.loads(request.body or b"{}")
    except json.JSONDecodeError as wrong:
        raise RegistryError(_node_error(wrong)) from None
    except UnicodeDecodeError:
        raise RegistryError("Unexpected token in JSON at position 0") from None
    return body if isinstance(body, dict) else {}


def _node_error(wrong: json.JSONDecodeError) -> str:
    if wrong.pos >= len(wrong.doc):
        return "Unexpected end of JSON input"
    if "property name" in wrong.msg:
        return f"Expected property name or '}}' in JSON at position {wrong.pos}"
    return f"Unexpected token {wrong.doc[wrong.pos]} in JSON at position {wrong.pos}"


def not_found(request: Request) -> Response:
    """Return the response of Run Registry without results (fault `not-found`)."""
    model = _QUERIES.get(request.path.removeprefix(PREFIX))
    if model:
        return Response(
            {"runs" if model == "Run" else "datasets": [], "pages": 0, "count": 0}, headers=_EXPRESS_HEADERS
        )
    return Response({} if request.path.endswith("_by_component") else [], headers=_EXPRESS_HEADERS)
