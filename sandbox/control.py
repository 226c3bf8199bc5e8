"""`/_sandbox/`: control of faults, tokens, accounts, writes to Run Registry, DIALS and the request log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox import page
from sandbox.dials.state import InvalidDialsSetting
from sandbox.exchange import HTML, Request, Response
from sandbox.faults import InvalidFault, parse_fault
from sandbox.openid.people import InvalidAccount
from sandbox.registry.settings import InvalidSetting, change_settings, settings_of
from sandbox.services import SERVICES
from sandbox.sso import DEFAULT_LIFETIME_S

if TYPE_CHECKING:
    from sandbox.services import SandboxState

PREFIX = "/_sandbox"
_BACK_TO_PAGE = {"Location": f"{PREFIX}/"}


class InvalidBody(ValueError):
    """The body is invalid. The text gives the reason."""


def _request_body(request: Request) -> dict[str, Any]:
    if request.is_form:
        return dict(request.form)
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise InvalidBody("The body is not JSON: send an object.") from None
    if not isinstance(body, dict):
        raise InvalidBody("The body is not an object.")
    return body


def _acknowledge(request: Request, body: Any) -> Response:
    """Return JSON, or a redirect to the page for a submitted form."""
    return Response("", 303, HTML, _BACK_TO_PAGE) if request.is_form else Response(body)


def _add_fault(request: Request, state: SandboxState) -> Response:
    body = _request_body(request)
    if request.is_form and body.get("mode") == "healthy":
        state.faults.clear(body.get("service"))
    else:
        state.faults.add(parse_fault(body, [service.name for service in SERVICES]))
    return _acknowledge(request, state.faults.listed())


def _clear_faults(request: Request, state: SandboxState) -> Response:
    state.faults.clear()
    return _acknowledge(request, [])


def _revoke_tokens(request: Request, state: SandboxState) -> Response:
    raw = _request_body(request).get("lifetime")
    raw = DEFAULT_LIFETIME_S if raw is None else raw
    try:
        lifetime = float(raw)
    except (TypeError, ValueError):
        raise InvalidBody(f"lifetime is {raw!r}: give seconds.") from None
    if not 0 < lifetime < float("inf"):
        raise InvalidBody(f"lifetime is {raw!r}: give more than 0 seconds.")
    state.tokens.revoke(lifetime)
    return _acknowledge(request, {"lifetime": lifetime})


def _change_person(request: Request, state: SandboxState) -> Response:
    person = state.realm.people.change(_request_body(request))
    return _acknowledge(request, {"name": person.name, "roles": person.roles, "cern_roles": person.has_cern_roles})


def _reset_people(request: Request, state: SandboxState) -> Response:
    state.realm.reset()
    return _acknowledge(request, [account.name for account in state.realm.people.all()])


def _spoil_id_tokens(request: Request, state: SandboxState) -> Response:
    try:
        state.realm.spoil_tokens(str(_request_body(request).get("spoil") or ""))
    except ValueError as bad:
        raise InvalidBody(str(bad)) from None
    return _acknowledge(request, {"spoil": state.realm.spoil})


def _list_requests(_: Request, state: SandboxState) -> Response:
    return Response(state.log.entries())


def _clear_requests(request: Request, state: SandboxState) -> Response:
    state.log.clear()
    return _acknowledge(request, [])


def _registry_settings(_: Request, state: SandboxState) -> Response:
    return Response(settings_of(state.registry))


def _change_registry(request: Request, state: SandboxState) -> Response:
    change_settings(state.registry, _request_body(request))
    return _acknowledge(request, settings_of(state.registry))


def _reset_registry(request: Request, state: SandboxState) -> Response:
    state.registry.reset()
    return _acknowledge(request, settings_of(state.registry))


def _dials_settings(_: Request, state: SandboxState) -> Response:
    return Response(state.dials.settings())


def _change_dials(request: Request, state: SandboxState) -> Response:
    state.dials.change(_request_body(request))
    return _acknowledge(request, state.dials.settings())


def _reset_dials(request: Request, state: SandboxState) -> Response:
    state.dials.reset()
    return _acknowledge(request, state.dials.settings())


_ROUTES = {
    ("GET", "/"): lambda _request, state: Response(page.html(state), 200, HTML, page.HEADERS),
    ("GET", "/style.css"): lambda _request, _state: Response(page.STYLE, 200, "text/css; charset=utf-8"),
    ("GET", "/faults"): lambda _request, state: Response(state.faults.listed()),
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/faults/clear"): _clear_faults,
    ("POST", "/tokens"): _revoke_tokens,
    ("POST", "/people"): _change_person,
    ("DELETE", "/people"): _reset_people,
    ("POST", "/people/reset"): _reset_people,
    ("POST", "/id-tokens"): _spoil_id_tokens,
    ("GET", "/registry"): _registry_settings,
    ("POST", "/registry"): _change_registry,
    ("DELETE", "/registry"): _reset_registry,
    ("POST", "/registry/reset"): _reset_registry,
    ("GET", "/dials"): _dials_settings,
    ("POST", "/dials"): _change_dials,
    ("DELETE", "/dials"): _reset_dials,
    ("GET", "/requests"): _list_requests,
    ("DELETE", "/requests"): _clear_requests,
    ("POST", "/requests/clear"): _clear_requests,
}


def answer(request: Request, state: SandboxState) -> Response:
    """Return the response to a control request."""
    path = request.path.removeprefix(PREFIX)
    route = _ROUTES.get((request.method, path if path == "/" else path.rstrip("/") or "/"))
    if route is None:
        return Response({"error": f"{request.method} {request.path} does not exist."}, 404)
    try:
        return route(request, state)
    except (InvalidBody, InvalidFault, InvalidAccount, InvalidSetting, InvalidDialsSetting) as bad:
        return Response({"error": str(bad)}, 400)
