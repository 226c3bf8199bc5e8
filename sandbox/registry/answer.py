"""Responses of Run Registry: routes, authorization, and errors with the texts of the real backend."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.exchange import HTML, Request, Response
from sandbox.registry.access import NotPermitted
from sandbox.registry.cycles import cycles, datasets_accepted
from sandbox.registry.details import dataset_details, last_updated_runs, run_details, waiting_datasets, workspaces
from sandbox.registry.errors import RegistryError
from sandbox.registry.histories import run_history, versions
from sandbox.registry.lumisections import LUMISECTION_LISTS, requested_dataset
from sandbox.registry.moves import require_dataset_named
from sandbox.registry.paging import page
from sandbox.registry.writes import write_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.registry.rows import Row
    from sandbox.registry.state import RegistryState
    from sandbox.sso import Tokens

PREFIX = "/registry"
AUDIENCE = "cmsrunregistry-sso-proxy"
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
    """Return whether the token, if there is one, is valid for the audience. Reads need neither token nor header."""
    return request.bearer is None or tokens.is_valid(request.bearer, AUDIENCE)


def refusal(status: int) -> Response:
    """Return the response to an unauthorized request: 401 for an invalid token, 403 for a missing role."""
    title = "401 Authorization Required" if status == 401 else f"{status} Forbidden"
    return Response({"message": _REFUSAL_PAGE.format(title=title)}, status)


def answer(request: Request, tokens: Tokens, state: RegistryState) -> Response:
    """Return the response of Run Registry."""
    if request.method == "OPTIONS":
        return _preflight(request)
    if not _is_authorized(request, tokens):
        return refusal(401)
    respond = _reader(request, state) or _writer(request, tokens, state)
    if respond is None:
        text = _NOT_FOUND_PAGE.format(method=request.method, path=request.path.removeprefix(PREFIX))
        return Response(text, 404, HTML, _EXPRESS_HEADERS)
    try:
        return Response(respond(), headers=_EXPRESS_HEADERS)
    except RegistryError as error:
        return _error(str(error))
    except NotPermitted as refused:
        return Response({"message": str(refused)}, 401, headers=_EXPRESS_HEADERS)


def _error(text: str) -> Response:
    return Response({"err": text}, 500, headers=_EXPRESS_HEADERS)


def _preflight(request: Request) -> Response:
    """Return what a browser asks for before a request from another site: everything is allowed."""
    allowed = {
        "Access-Control-Allow-Methods": "GET,HEAD,PUT,PATCH,POST,DELETE",
        "Access-Control-Allow-Headers": request.headers.get("access-control-request-headers", ""),
        "Vary": "Access-Control-Request-Headers",
    }
    return Response("", 204, HTML, _EXPRESS_HEADERS | {name: value for name, value in allowed.items() if value})


def _reader(request: Request, state: RegistryState) -> Callable[[], Any] | None:
    """Return the function that gives the body of the response, or None for another address."""
    path = request.path.removeprefix(PREFIX)
    if request.method in ("GET", "HEAD"):
        matches = ((read, re.fullmatch(pattern, path)) for pattern, read in _GET_ADDRESSES)
        return next((partial(read, state, *match.groups()) for read, match in matches if match), None)
    read = _POST_ADDRESSES.get(path) if request.method == "POST" else None
    return partial(_read_body, read, state, request) if read else None


def _read_body(read: Callable[[RegistryState, dict[str, Any]], Any], state: RegistryState, request: Request) -> Any:
    return read(state, _body(request))


def is_write(request: Request) -> bool:
    """Return whether the request writes to Run Registry."""
    return write_address(request.method, request.path.removeprefix(PREFIX)) is not None


def _writer(request: Request, tokens: Tokens, state: RegistryState) -> Callable[[], Any] | None:
    """Return the function that writes and gives the body of the response, or None for another address."""
    found = write_address(request.method, request.path.removeprefix(PREFIX))
    if found is None:
        return None
    address, groups = found
    application = tokens.client_of(request.bearer) if request.bearer is not None else None
    author = state.access.author_of(request, application)

    def write() -> Any:
        body = _body(request)
        if address.needs_egroup:
            state.access.check(author, request.target.removeprefix(PREFIX))
        return address.write(state, author, body, *groups)

    return write


def deadlock(request: Request) -> Response:
    """Return the response to a write that meets another one of the same dataset (fault `deadlock`)."""
    found = write_address(request.method, request.path.removeprefix(PREFIX))
    try:
        return _error(found[0].deadlock(_body(request)) if found else "deadlock detected")
    except RegistryError as error:
        return _error(str(error))


def _number(text: str) -> int:
    """Convert a run number of an address. Raises `RegistryError` with the message of PostgreSQL."""
    if not re.fullmatch(r"-?[0-9]+", text):
        raise RegistryError(f'invalid input syntax for type integer: "{text}"')
    return int(text)


def _dataset(state: RegistryState, body: dict[str, Any]) -> Row | None:
    require_dataset_named(body)
    return dataset_details(state, *requested_dataset(body))


_GET_ADDRESSES: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"/get_all_dataset_names_of_run/([^/]+)", lambda state, text: state.dataset_names(_number(text))),
    (r"/cycles/[^/]+", cycles),
    (r"/datasets_accepted", datasets_accepted),
    (r"/datasets_accepted/([^/]+)", datasets_accepted),
    (r"/datasets_waiting", waiting_datasets),
    (r"/runs/([^/]+)", lambda state, text: run_details(state, _number(text))),
    (r"/run_with_history/([^/]+)", lambda state, text: run_history(state, _number(text))),
    (r"/runs_lastupdated_50", last_updated_runs),
    (r"/workspaces/([^/]+)", lambda _state, online_or_offline: workspaces(online_or_offline)),
)
_POST_ADDRESSES: dict[str, Callable[[RegistryState, dict[str, Any]], Any]] = {
    **{path: partial(page, model=model) for path, model in _QUERIES.items()},
    **{f"/lumisections/{name}": read for name, read in LUMISECTION_LISTS.items()},
    "/datasets/get_dataset": _dataset,
    "/versions/get_versions": versions,
}


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
    if is_write(request):
        return _error("Run not found")
    return Response(_empty(request.path.removeprefix(PREFIX)), headers=_EXPRESS_HEADERS)


def _empty(path: str) -> Any:
    rows = {"Run": "runs", "Dataset": "datasets"}.get(_QUERIES.get(path, ""))
    if rows or path == "/versions/get_versions":
        return {rows or "versions": [], "pages": 0, "count": 0}
    if path.endswith(("_by_component", "_by_dcs_bit")):
        return {}
    return None if path.startswith(("/runs/", "/datasets/get_dataset")) else []
