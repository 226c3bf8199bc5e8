"""Responses of DIALS: addresses, authorization and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.dials import element_lists, pages
from sandbox.dials.access import error_page, refusal_of, server_error
from sandbox.dials.elements import TRACKER, WORKSPACES
from sandbox.dials.flags import cert_json, golden_json, models_in
from sandbox.dials.queries import InvalidCursor, InvalidParameters, InvalidPattern
from sandbox.dials.resources import RESOURCES, key_length
from sandbox.dials.state import SHAPE_1, SHAPE_2, DialsState
from sandbox.exchange import HTML, Request, Response

if TYPE_CHECKING:
    from sandbox.sso import Tokens

PREFIX = "/dials/api/v1"
_Responder = Callable[[Request, DialsState], Response]
_FLAGS = "ml-bad-lumisection"
_JSON_FILES = {"cert-json": cert_json, "golden-json": golden_json}
_JSON_FILTERS = ("model_id__in", "dataset_id__in", "run_number__in")


def _detail(status: int, text: str) -> Response:
    return Response({"detail": text}, status)


def answer(request: Request, tokens: Tokens, state: DialsState) -> Response:
    """Return the response of DIALS."""
    path = request.path.removeprefix(PREFIX)
    method, respond = _route(path.strip("/"), state)
    if respond is None:
        return error_page(404, "Not Found", "The requested resource was not found on this server.")
    if not path.endswith("/"):
        _, mark, query = request.target.partition("?")
        return Response("", 301, HTML, {"Location": f"{request.path}/{mark}{query}"})
    refused = refusal_of(request, tokens)
    if refused:
        return refused
    if request.method != method:
        return _detail(405, f'Method "{request.method}" not allowed.')
    return _response_or_error(respond, request, state)


def _response_or_error(respond: _Responder, request: Request, state: DialsState) -> Response:
    try:
        return respond(request, state)
    except pages.UnknownWorkspace as unknown:
        return _detail(404, f"Workspace '{unknown}' not found")
    except InvalidParameters as wrong:
        return Response(wrong.errors, 400)
    except InvalidCursor:
        return _detail(404, "Invalid cursor")
    except InvalidPattern:
        return server_error()


def _route(path: str, state: DialsState) -> tuple[str, _Responder | None]:
    """Return the method of an address and its function, None for an unknown one."""
    name, _, rest = path.partition("/")
    if path in _WORKSPACES[state.shape]:
        return "GET", _WORKSPACES[state.shape][path]
    if name == _FLAGS and rest in _JSON_FILES:
        return ("GET" if state.is_old else "POST"), partial(_json_file, rest)
    return "GET", _element_route(rest) if name == "mes" else _resource_route(name, rest, state)


def _resource_route(name: str, rest: str, state: DialsState) -> _Responder | None:
    resource = RESOURCES.get(name)
    if resource is None:
        return None
    if not rest:
        return partial(pages.page, resource)
    if rest == "count":
        return partial(pages.count, resource) if resource.is_counted else None
    key = _key(rest)
    return partial(pages.row, resource, key) if key and len(key) == key_length(resource, state) else None


def _element_route(rest: str) -> _Responder | None:
    if not rest:
        return element_lists.elements
    match _key(rest):
        case (me_id,):
            return partial(element_lists.element, me_id)
        case (dataset_id, run_number):
            return partial(element_lists.elements_of_run, dataset_id, run_number)
    return None


def _key(rest: str) -> tuple[int, ...] | None:
    """Return the numbers of an address, or None where one is none."""
    parts = rest.split("/")
    return tuple(map(int, parts)) if all(re.fullmatch("[0-9]{1,18}", part) for part in parts) else None


def _json_file(name: str, request: Request, state: DialsState) -> Response:
    """Return the JSON file, from parameters (1.12, which fails without them) or from a JSON body (2.x)."""
    workspace = pages.workspace_of(request)
    given = _given_lists(request) if state.is_old else _body(request)
    if given is None:
        return server_error()
    missing = [filter_name for filter_name in _JSON_FILTERS if filter_name not in given]
    if missing:
        return Response({filter_name: ["This field is required."] for filter_name in missing}, 400)
    try:
        wanted, datasets, runs = ([int(number) for number in given[filter_name]] for filter_name in _JSON_FILTERS)
    except (TypeError, ValueError):
        return Response(["dataset_id and run_number must be valid integers."], 400)
    models = [model for model in models_in(workspace) if model.model_id in wanted]
    return Response(_JSON_FILES[name](state, models, datasets, runs))


def _given_lists(request: Request) -> dict[str, Any] | None:
    given = {name: text.split(",") for name, text in request.query}
    return given if set(_JSON_FILTERS) <= given.keys() else None


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _workspaces(_request: Request, _state: DialsState) -> Response:
    return Response({"workspaces": list(WORKSPACES)})


def _own_workspace(_request: Request, _state: DialsState) -> Response:
    return Response({"workspace": TRACKER})


_WORKSPACES: dict[str, dict[str, _Responder]] = {
    SHAPE_1: {"auth/workspaces": _workspaces, "auth/user-default-workspace": _own_workspace},
    SHAPE_2: {"workspaces": _workspaces, "workspaces/my-default": _own_workspace},
}


def not_found(request: Request) -> Response:
    """Return the response of DIALS without results (fault `not-found`)."""
    name, _, rest = request.path.removeprefix(PREFIX).strip("/").partition("/")
    if rest in _JSON_FILES:
        return Response({})
    if rest == "count":
        return Response({"count": 0})
    if rest:
        return pages.no_row(RESOURCES[name].model if name in RESOURCES else "MEs")
    return Response([] if name == "mes" else {"next": None, "previous": None, "results": []})
