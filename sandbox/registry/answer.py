"""Responses of Run Registry: routes, authorization, and errors with the texts of the real backend."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.exchange import HTML, Request, Response
from sandbox.registry.cycles import cycles, datasets_accepted
from sandbox.registry.details import dataset_details, last_updated_runs, run_details, waiting_datasets, workspaces
from sandbox.registry.filters import RegistryError
from sandbox.registry.histories import run_history, versions
from sandbox.registry.lumisections import LUMISECTION_LISTS, requested_dataset
from sandbox.registry.paging import page
from sandbox.registry.rows import Row, dataset_names

if TYPE_CHECKING:
    from collections.abc import Callable

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


def answer(request: Request, tokens: Tokens) -> Response:
    """Return the response of Run Registry."""
    if request.method == "OPTIONS":
        return _preflight(request)
    if not _is_authorized(request, tokens):
        return refusal(401)
    read = _reader(request, request.path.removeprefix(PREFIX))
    if read is None:
        text = _NOT_FOUND_PAGE.format(method=request.method, path=request.path.removeprefix(PREFIX))
        return Response(text, 404, HTML, _EXPRESS_HEADERS)
    try:
        return Response(read(), headers=_EXPRESS_HEADERS)
    except RegistryError as error:
        return Response({"err": str(error)}, 500, headers=_EXPRESS_HEADERS)


def _preflight(request: Request) -> Response:
    """Return what a browser asks for before a request from another site: everything is allowed."""
    allowed = {
        "Access-Control-Allow-Methods": "GET,HEAD,PUT,PATCH,POST,DELETE",
        "Access-Control-Allow-Headers": request.headers.get("access-control-request-headers", ""),
        "Vary": "Access-Control-Request-Headers",
    }
    return Response("", 204, HTML, _EXPRESS_HEADERS | {name: value for name, value in allowed.items() if value})


def _reader(request: Request, path: str) -> Callable[[], Any] | None:
    """Return the function that gives the body of the response, or None for an unknown address."""
    if request.method in ("GET", "HEAD"):
        matches = ((read, re.fullmatch(pattern, path)) for pattern, read in _GET_ADDRESSES)
        return next((partial(read, *match.groups()) for read, match in matches if match), None)
    if request.method != "POST":
        return None
    read = _POST_ADDRESSES.get(path)
    return partial(_read_body, read, request) if read else None


def _read_body(read: Callable[[dict[str, Any]], Any], request: Request) -> Any:
    return read(_body(request))


def _number(text: str) -> int:
    """Convert a run number of an address. Raises `RegistryError` with the message of PostgreSQL."""
    if not re.fullmatch(r"-?[0-9]+", text):
        raise RegistryError(f'invalid input syntax for type integer: "{text}"')
    return int(text)


def _dataset(body: dict[str, Any]) -> Row | None:
    missing = next((key for key in ("run_number", "dataset_name") if key not in body), None)
    if missing:
        column = {"dataset_name": "name"}.get(missing, missing)
        raise RegistryError(f'WHERE parameter "{column}" has invalid "undefined" value')
    return dataset_details(*requested_dataset(body))


_GET_ADDRESSES: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"/get_all_dataset_names_of_run/([^/]+)", lambda text: dataset_names().get(_number(text), [])),
    (r"/cycles/[^/]+", cycles),
    (r"/datasets_accepted", datasets_accepted),
    (r"/datasets_accepted/([^/]+)", datasets_accepted),
    (r"/datasets_waiting", waiting_datasets),
    (r"/runs/([^/]+)", lambda text: run_details(_number(text))),
    (r"/run_with_history/([^/]+)", lambda text: run_history(_number(text))),
    (r"/runs_lastupdated_50", last_updated_runs),
    (r"/workspaces/([^/]+)", workspaces),
)
_POST_ADDRESSES: dict[str, Callable[[dict[str, Any]], Any]] = {
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
    return Response(_empty(request.path.removeprefix(PREFIX)), headers=_EXPRESS_HEADERS)


def _empty(path: str) -> Any:
    rows = {"Run": "runs", "Dataset": "datasets"}.get(_QUERIES.get(path, ""))
    if rows or path == "/versions/get_versions":
        return {rows or "versions": [], "pages": 0, "count": 0}
    if path.endswith(("_by_component", "_by_dcs_bit")):
        return {}
    return None if path.startswith(("/runs/", "/datasets/get_dataset")) else []
