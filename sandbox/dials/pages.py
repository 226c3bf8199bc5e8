"""Rows and pages of rows of the paged resources, as JSON."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox.dials.elements import TRACKER, WORKSPACES
from sandbox.dials.histograms import EncodedNumbers
from sandbox.dials.queries import Cursor, Key, Selection, page_of, page_size, parse_cursor, parse_selection
from sandbox.dials.resources import DialsQuery, DialsResource, has_key, key_length
from sandbox.exchange import JSON, Request, Response

if TYPE_CHECKING:
    from sandbox.dials.state import DialsState


class UnknownWorkspace(LookupError):
    """The header names a workspace that does not exist. The text is its name."""


def workspace_of(request: Request) -> str:
    """Return the workspace of the header, else that of an application. Raises `UnknownWorkspace`."""
    name = request.headers.get("workspace") or TRACKER
    if name not in WORKSPACES:
        raise UnknownWorkspace(name)
    return name


def no_row(model: str) -> Response:
    """Return the response to a question for a row that does not exist."""
    return Response({"detail": f"No {model} matches the given query."}, 404)


def _query(resource: DialsResource, request: Request, state: DialsState) -> DialsQuery:
    workspace, parameters = workspace_of(request), dict(request.query)
    fields = frozenset(parameters["fields"].split(",")) if parameters.get("fields") else None
    return DialsQuery(state, workspace, parse_selection(parameters, resource.filters), fields)


def row(resource: DialsResource, key: Key, request: Request, state: DialsState) -> Response:
    """Return the row with this key, or status 404."""
    query = DialsQuery(state, workspace_of(request), Selection())
    if not has_key(resource, query, key):
        return no_row(resource.model)
    return Response(_row_json(resource.row(query, key), None).encode(), 200, JSON)


def count(resource: DialsResource, request: Request, state: DialsState) -> Response:
    """Return how many rows match."""
    query = _query(resource, request, state)
    return Response({"count": sum(1 for _ in resource.scan(query, None))})


def page(resource: DialsResource, request: Request, state: DialsState) -> Response:
    """Return a page of the rows that match."""
    query, parameters = _query(resource, request, state), dict(request.query)
    cursor = parse_cursor(parameters.get("next_token"), key_length(resource, state))
    found = page_of(partial(resource.scan, query), cursor, page_size(parameters.get("page_size")))
    rows = ",".join([_row_json(resource.row(query, key), query.fields) for key in found.keys])
    following, previous = (json.dumps(_link(request, neighbour)) for neighbour in (found.following, found.previous))
    return Response(f'{{"next":{following},"previous":{previous},"results":[{rows}]}}'.encode(), 200, JSON)


def _link(request: Request, cursor: Cursor | None) -> str | None:
    """Return the address of a page, with the parameters in alphabetical order."""
    if cursor is None:
        return None
    parameters = sorted((dict(request.query) | {"next_token": cursor.token()}).items())
    return f"http://{request.headers.get('host', '127.0.0.1')}{request.path}?{urlencode(parameters)}"


def _row_json(shown: dict[str, Any], fields: frozenset[str] | None) -> str:
    """Return a row with these fields as JSON; contents of bins are JSON already."""
    parts = [
        f'"{name}":{value if isinstance(value, EncodedNumbers) else json.dumps(value, separators=(",", ":"))}'
        for name, value in shown.items()
        if fields is None or name in fields
    ]
    return f"{{{','.join(parts)}}}"
