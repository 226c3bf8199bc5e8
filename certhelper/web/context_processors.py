"""What every page shows around its content."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from infrastructure.http import status


def _service_states() -> dict[str, list[status.ServiceState]]:
    states = status.service_states()
    return {
        "unavailable": [state for state in states if state.is_out],
        "available": [state for state in states if not state.is_out and state.answered_at],
    }


def site_context(_request: HttpRequest) -> dict[str, object]:
    """Template context of the frame: version, links, and which outside services are out or well; asks nobody."""
    return {
        "version": settings.VERSION,
        "links": settings.LINKS,
        "is_sandbox": settings.IS_SANDBOX,
        "service_states": SimpleLazyObject(_service_states),
    }
