"""`/_sandbox/`: faults, tokens, people and the request log, for tests and for people."""

from __future__ import annotations

import json
from typing import Any

from sandbox import page
from sandbox.exchange import HTML, Answer, Request
from sandbox.faults import BadFault, fault_of
from sandbox.openid.people import BadPerson
from sandbox.services import State
from sandbox.sso import DEFAULT_LIFETIME_S

PREFIX = "/_sandbox"
_BACK = {"Location": f"{PREFIX}/"}


class BadBody(ValueError):
    """The body makes no sense; the text says why."""


def _asked(request: Request) -> dict[str, Any]:
    if request.is_form:
        return dict(request.form)
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise BadBody("The body is not JSON: send an object.") from None
    if not isinstance(body, dict):
        raise BadBody("The body is not an object.")
    return body


def _done(request: Request, body: Any) -> Answer:
    """JSON for programs; back to the page for people who pressed a button."""
    return Answer("", 303, HTML, _BACK) if request.is_form else Answer(body)


def _add_fault(request: Request, state: State) -> Answer:
    asked = _asked(request)
    if request.is_form and asked.get("mode") == "healthy":
        state.faults.clear(asked.get("service"))
    else:
        state.faults.add(fault_of(asked))
    return _done(request, state.faults.listed())


def _clear_faults(request: Request, state: State) -> Answer:
    state.faults.clear()
    return _done(request, [])


def _revoke(request: Request, state: State) -> Answer:
    raw = _asked(request).get("lifetime")
    raw = DEFAULT_LIFETIME_S if raw is None else raw
    try:
        lifetime = float(raw)
    except (TypeError, ValueError):
        raise BadBody(f"lifetime is {raw!r}: give seconds.") from None
    if not 0 < lifetime < float("inf"):
        raise BadBody(f"lifetime is {raw!r}: give more than 0 seconds.")
    state.tokens.revoke(lifetime)
    return _done(request, {"lifetime": lifetime})


def _change_person(request: Request, state: State) -> Answer:
    person = state.realm.people.change(_asked(request))
    return _done(request, {"name": person.name, "roles": person.roles, "cern_roles": person.has_cern_roles})


def _reset_people(request: Request, state: State) -> Answer:
    state.realm.reset()
    return _done(request, [one.name for one in state.realm.people.all()])


def _spoil_id_tokens(request: Request, state: State) -> Answer:
    try:
        state.realm.spoil_tokens(str(_asked(request).get("spoil") or ""))
    except ValueError as bad:
        raise BadBody(str(bad)) from None
    return _done(request, {"spoil": state.realm.spoil})


def _requests(_: Request, state: State) -> Answer:
    return Answer(state.log.entries())


def _forget(request: Request, state: State) -> Answer:
    state.log.clear()
    return _done(request, [])


_ROUTES = {
    ("GET", "/"): lambda _request, state: Answer(page.html(state), 200, HTML, page.HEADERS),
    ("GET", "/style.css"): lambda _request, _state: Answer(page.STYLE, 200, "text/css; charset=utf-8"),
    ("GET", "/faults"): lambda _request, state: Answer(state.faults.listed()),
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/faults/clear"): _clear_faults,
    ("POST", "/tokens"): _revoke,
    ("POST", "/people"): _change_person,
    ("DELETE", "/people"): _reset_people,
    ("POST", "/people/reset"): _reset_people,
    ("POST", "/id-tokens"): _spoil_id_tokens,
    ("GET", "/requests"): _requests,
    ("DELETE", "/requests"): _forget,
    ("POST", "/requests/clear"): _forget,
}


def answer(request: Request, state: State) -> Answer:
    """What the sandbox itself says."""
    path = request.path.removeprefix(PREFIX)
    route = _ROUTES.get((request.method, path if path == "/" else path.rstrip("/") or "/"))
    if route is None:
        return Answer({"error": f"{request.method} {request.path} does not exist."}, 404)
    try:
        return route(request, state)
    except (BadBody, BadFault, BadPerson) as bad:
        return Answer({"error": str(bad)}, 400)
