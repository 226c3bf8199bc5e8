"""Responses of OMS: JSON:API rows with links, units and paging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox.exchange import Request, Response
from sandbox.oms.grammar import InvalidQuery, Query, Row, parse_query, select_rows, validate_query
from sandbox.oms.resources import RESOURCES, SandboxResource

if TYPE_CHECKING:
    from sandbox.sso import Tokens

PREFIX = "/oms/agg/api/v1"
AUDIENCE = "cmsoms-prod"
# The time of the data, which do not change.
PRESENTED_AT = "2018-05-14T00:00:00Z"


def error(status: int, title: str, detail: str) -> Response:
    """Return an error in the format of JSON:API."""
    return Response({"errors": [{"status": str(status), "title": title, "detail": detail}]}, status)


def refusal(status: int) -> Response:
    """Return the response to an unauthorized request: 401 for an invalid token, 403 for a missing role."""
    messages = {401: ("Unauthorized", f"A valid token with the audience {AUDIENCE} is needed.")}
    return error(status, *messages.get(status, ("Forbidden", "The client has not the role that is needed.")))


def answer(request: Request, tokens: Tokens) -> Response:
    """Return the response of OMS."""
    if request.bearer is None or not tokens.is_valid(request.bearer, AUDIENCE):
        return refusal(401)
    if request.method != "GET":
        return error(405, "Method Not Allowed", f"{request.method} is not offered.")
    parts = request.path.removeprefix(PREFIX).strip("/").split("/")
    if parts == ["version", "endpoints"]:
        return Response({"data": [{"id": name, "type": "endpoints"} for name in RESOURCES]})
    resource = RESOURCES.get(parts[0])
    if resource is None or len(parts) > 2 or not request.path.startswith(PREFIX):
        return error(404, "Not Found", f"There is no resource {'/'.join(parts)}.")
    try:
        return _resource_answer(request, resource, parts[1:])
    except InvalidQuery as bad:
        return error(400, "Bad Request", str(bad))


def _resource_answer(request: Request, resource: SandboxResource, rest: list[str]) -> Response:
    query = validate_query(parse_query(request.query), resource.attributes)
    if not rest:
        return _page(request, resource, query)
    if rest == ["meta"]:
        return _meta(resource)
    row = resource.by_id(rest[0])
    if row is None:
        return error(404, "Not Found", f"There is no {resource.name} {rest[0]}.")
    return Response({"data": _serialised(request, resource, query, row)})


def _meta(resource: SandboxResource) -> Response:
    fields: dict[str, dict[str, Any]] = {
        name: {"searchable": True, "sortable": True, "units": resource.units.get(name)}
        for name in sorted(resource.attributes)
    }
    return Response({"meta": {"fields": fields}})


def _base_url(request: Request) -> str:
    return f"http://{request.headers.get('host', '127.0.0.1')}{PREFIX}"


def _serialised(request: Request, resource: SandboxResource, query: Query, row: Row) -> dict[str, Any]:
    """Return one row with the requested fields and parts."""
    attributes = row if query.fields is None else {name: row[name] for name in query.fields}
    identifier = resource.row_id(row)
    shown: dict[str, Any] = {"id": identifier, "type": resource.name, "attributes": attributes}
    if "data_only" not in query.include:
        shown["links"] = {"self": f"{_base_url(request)}/{resource.name}/{identifier}"}
    if "meta" in query.include:
        shown["meta"] = {"row": resource.row_units(attributes)}
    return shown


def _page(request: Request, resource: SandboxResource, query: Query) -> Response:
    rows = select_rows(resource.rows(query.conditions), query, resource.primary)
    shown = rows[query.offset : query.offset + query.limit]
    body: dict[str, Any] = {"data": [_serialised(request, resource, query, row) for row in shown]}
    if "data_only" not in query.include:
        body["links"] = _links(request, resource, query, len(rows))
        body["meta"] = {"totalResourceCount": len(rows)}
        if "presentation_timestamp" in query.include:
            body["meta"]["presentation_timestamp"] = PRESENTED_AT
    return Response(body)


def _links(request: Request, resource: SandboxResource, query: Query, total: int) -> dict[str, str | None]:
    """Return the URLs of the first, last, next and previous page, null if there is none."""
    other_params = [(name, value) for name, value in request.query if not name.startswith("page[")]

    def page(offset: int) -> str:
        params = [*other_params, ("page[offset]", str(offset)), ("page[limit]", str(query.limit))]
        return f"{_base_url(request)}/{resource.name}?{urlencode(params)}"

    last = max(0, (total - 1) // query.limit * query.limit)
    after, before = query.offset + query.limit, query.offset - query.limit
    return {
        "first": page(0),
        "last": page(last),
        "next": page(after) if after < total else None,
        "prev": page(max(0, before)) if query.offset else None,
    }


def not_found(request: Request) -> Response:
    """Return the response of OMS to an unknown resource (fault `not-found`)."""
    if request.path.removeprefix(PREFIX).strip("/").count("/"):
        return error(404, "Not Found", "There is no such row.")
    return Response(
        {"data": [], "links": dict.fromkeys(("first", "last", "next", "prev")), "meta": {"totalResourceCount": 0}}
    )
