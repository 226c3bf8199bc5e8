"""The last answers of the outside services, for every page and for /healthz. Makes no calls.

They are in Django's cache, which the workers of one machine share.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from infrastructure.cache import safe_cache
from infrastructure.http.services import essential_services, registered_service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infrastructure.http.errors import RemoteError

# An older failure is ignored: the service may have recovered without being requested.
FAILURE_VALID_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class ServiceState:
    """The last known state of a service. `since`: start of the outage; times in UTC."""

    name: str
    label: str
    outage_note: str
    is_out: bool
    since: datetime | None
    sentence: str
    answered_at: datetime | None


def _key(service: str) -> str:
    return f"infrastructure.http.status.{service}"


def _write(service: str, **known: Any) -> None:
    """Store the state."""
    safe_cache.write(_key(service), known, None)


def record_success(service: str) -> None:
    """Record that the service has just answered."""
    _write(service, answered_at=timezone.now())


def record_failure(error: RemoteError) -> None:
    """Record that the service has just failed, and the source of the failure too."""
    for service in {error.service, error.source}:
        before = safe_cache.read(_key(service)) or {}
        _write(
            service,
            because=error.source,
            answered_at=before.get("answered_at"),
            since=before["since"] if _is_current_failure(before) else timezone.now(),
            failed_at=timezone.now(),
            sentence=error.sentence,
        )


def _is_current_failure(known: dict[str, Any]) -> bool:
    """Whether a failure is recorded that is recent enough to be relevant."""
    believed_for = max(FAILURE_VALID_FOR, timedelta(seconds=settings.BREAKER_SECONDS))
    return "failed_at" in known and timezone.now() - known["failed_at"] < believed_for


def _service_state(service: str, known: dict[str, Any]) -> ServiceState:
    since = known["since"] if _is_current_failure(known) else None
    return ServiceState(
        name=service,
        label=registered_service(service).label,
        outage_note=registered_service(service).outage_note,
        is_out=since is not None,
        since=since,
        sentence=known.get("sentence", ""),
        answered_at=known.get("answered_at"),
    )


def service_states(services: Iterable[str] | None = None) -> list[ServiceState]:
    """Each of these services, or of the essential ones, with its last answer."""
    names = essential_services() if services is None else list(services)
    known = safe_cache.read_many(_key(service) for service in names)
    return [_service_state(service, _without_outdated_blame(service, known)) for service in names]


def _without_outdated_blame(service: str, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The state of the service, without failures of a source that has recovered."""
    own = known.get(_key(service), {})
    because = known.get(_key(own.get("because", service)), own)
    return own if _is_current_failure(because) else {"answered_at": own.get("answered_at")}
