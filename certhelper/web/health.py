"""`/healthz`: the state of this server, for monitoring. `/livez`: that this process answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from infrastructure.http.services import monitored_services
from infrastructure.http.status import ServiceState, service_states

if TYPE_CHECKING:
    from collections.abc import Callable


@login_not_required
@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """200 when the database responds, else 503. Outside services are listed with their last state, not called."""
    is_healthy = _database_answers()
    services = {state.name: _service_body(state) for state in service_states(monitored_services())}
    body = {"status": "ok" if is_healthy else "database out", "version": settings.VERSION, "database": is_healthy}
    return JsonResponse(body | {"services": services}, status=200 if is_healthy else 503)


@login_not_required
@never_cache
@require_safe
def liveness(request: HttpRequest) -> HttpResponse:
    """200 from a process that answers, without the database. The certify page asks for it before a save."""
    if request.method == "HEAD":
        return HttpResponse(content_type="application/json")
    return JsonResponse({"status": "ok"})


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": health, "/livez": liveness}


def answer_probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that answers both whatever the Host header says: monitoring asks by the address of the machine."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path_info, get_response)(request)

    return middleware


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except Error:
        return False


def _service_body(state: ServiceState) -> dict[str, Any]:
    """One service; times in UTC. `answered_at` is null until the first response."""
    return {
        "label": state.label,
        "is_out": state.is_out,
        "since": state.since,
        "sentence": state.sentence,
        "answered_at": state.answered_at,
    }
