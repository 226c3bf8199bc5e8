"""`/healthz`: whether this server can work, for whatever watches it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certify.references.service import APV
from infrastructure.http.services import essential_services
from infrastructure.http.status import ServiceState, service_states


@login_not_required
@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503. The outside services are named with their last answer, not asked."""
    is_well = _database_answers()
    services = {state.name: _service_body(state) for state in service_states(_service_names())}
    body = {"status": "ok" if is_well else "database out", "version": settings.VERSION, "database": is_well}
    return JsonResponse(body | {"services": services}, status=200 if is_well else 503)


def _service_names() -> list[str]:
    """Those that this server has an address of."""
    return essential_services() + ([APV] if settings.APV_URL else [])


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except Error:
        return False


def _service_body(state: ServiceState) -> dict[str, Any]:
    """One service; times in UTC. `answered_at` is null while it has not been asked yet."""
    return {
        "label": state.label,
        "is_out": state.is_out,
        "since": state.since,
        "sentence": state.sentence,
        "answered_at": state.answered_at,
    }
