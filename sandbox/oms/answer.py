"""OMS's answers: JSON:API rows with links, units and paging."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sandbox.exchange import Answer, Request
from sandbox.oms.grammar import BadQuery, Query, Row, checked, parsed, selected
from sandbox.oms.resources import RESOURCES, Resource
from sandbox.sso import Tokens

PREFIX = "/oms/agg/api/v1"
AUDIENCE = "cmsoms-prod"
# The moment the figures are from: the data do not change.
PRESENTED_AT = "2018-05-14T00:00:00Z"


def error(status: int, title: str, detail: str) -> Answer:
    """An error as JSON:API spells it."""
    return Answer({"errors": [{"status": str(status), "title": title, "detail": detail}]}, status)


def refusal(status: int) -> Answer:
    """OMS does not let in: 401, no good token; 403, the token may not."""
    said = {401: ("Unauthorized", f"A valid token with the audience {AUDIENCE} is needed.")}
    return error(status, *said.get(status, ("Forbidden", "The client has not the role that is needed.")))


def answer(request: Request, tokens: Tokens) -> Answer:
    """What OMS says to the request."""
    if request.bearer is None or not tokens.is_good(request.bearer, AUDIENCE):
        return refusal(401)
    if request.method != "GET":
        return error(405, "Method Not Allowed", f"{request.method} is not offered.")
    parts = request.path.removeprefix(PREFIX).strip("/").split("/")
    if parts == ["version", "endpoints"]:
        return Answer({"data": [{"id": name, "type": "endpoints"} for name in RESOURCES]})
    resource = RESOURCES.get(parts[0])
    if resource is None or len(parts) > 2 or not request.path.startswith(PREFIX):
        return error(404, "Not Found", f"There is no resource {'/'.join(parts)}.")
    try:
        return _of_resource(request, resource, parts[1:])
    except BadQuery as bad:
        return error(400, "Bad Request", str(bad))


def _of_resource(request: Request, resource: Resource, rest: list[str]) -> Answer:
    query = checked(parsed(request.query), resource.attributes)
    if not rest:
        return _page(request, resource, query)
    if rest == ["meta"]:
        return _meta(resource)
    row = resource.by_id(rest[0])
    if row is None:
        return error(404, "Not Found", f"There is no {resource.name} {rest[0]}.")
    return Answer({"data": _shown(request, resource, query, row)})


def _meta(resource: Resource) -> Answer:
    fields: dict[str, dict[str, Any]] = {
        name: {"searchable": True, "sortable": True, "units": resource.units.get(name)}
        for name in sorted(resource.attributes)
    }
    return Answer({"meta": {"fields": fields}})


def _base(request: Request) -> str:
    return f"http://{request.headers.get('host', '127.0.0.1')}{PREFIX}"


def _shown(request: Request, resource: Resource, query: Query, row: Row) -> dict[str, Any]:
    """One row, with the fields and parts that were asked for."""
    attributes = row if query.fields is None else {name: row[name] for name in query.fields}
    identifier = resource.id_of(row)
    shown: dict[str, Any] = {"id": identifier, "type": resource.name, "attributes": attributes}
    if "data_only" not in query.include:
        shown["links"] = {"self": f"{_base(request)}/{resource.name}/{identifier}"}
    if "meta" in query.include:
        shown["meta"] = {"row": resource.units_of(attributes)}
    return shown


def _page(request: Request, resource: Resource, query: Query) -> Answer:
    rows = selected(resource.rows(query.conditions), query, resource.primary)
    shown = rows[query.offset : query.offset + query.limit]
    body: dict[str, Any] = {"data": [_shown(request, resource, query, row) for row in shown]}
    if "data_only" not in query.include:
        body["links"] = _links(request, resource, query, len(rows))
        body["meta"] = {"totalResourceCount": len(rows)}
        if "presentation_timestamp" in query.include:
            body["meta"]["presentation_timestamp"] = PRESENTED_AT
    return Answer(body)


def _links(request: Request, resource: Resource, query: Query, total: int) -> dict[str, str | None]:
    """Where the first, last, next and previous page are; null where there is none."""
    kept = [(name, value) for name, value in request.query if not name.startswith("page[")]

    def page(offset: int) -> str:
        asked = [*kept, ("page[offset]", str(offset)), ("page[limit]", str(query.limit))]
        return f"{_base(request)}/{resource.name}?{urlencode(asked)}"

    last = max(0, (total - 1) // query.limit * query.limit)
    after, before = query.offset + query.limit, query.offset - query.limit
    return {
        "first": page(0),
        "last": page(last),
        "next": page(after) if after < total else None,
        "prev": page(max(0, before)) if query.offset else None,
    }


def nothing(request: Request) -> Answer:
    """OMS's answer for what it does not have (fault `not-found`)."""
    if request.path.removeprefix(PREFIX).strip("/").count("/"):
        return error(404, "Not Found", "There is no such row.")
    return Answer(
        {"data": [], "links": dict.fromkeys(("first", "last", "next", "prev")), "meta": {"totalResourceCount": 0}}
    )
