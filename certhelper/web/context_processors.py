"""Template context of the frame around every page."""

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
    """Version, links and the last known states of the outside services; calls none of them."""
    return {
        "version": settings.VERSION,
        "links": settings.LINKS,
        "is_sandbox": settings.IS_SANDBOX,
        "service_states": SimpleLazyObject(_service_states),
    }
