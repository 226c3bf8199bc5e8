"""What every page shows around its content."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from infrastructure.http import status


def _outside() -> dict[str, list[status.ServiceState]]:
    states = status.states()
    return {
        "out": [state for state in states if state.is_out],
        "well": [state for state in states if not state.is_out and state.answered_at],
    }


def shell(_request: HttpRequest) -> dict[str, object]:
    """Template context of the frame: version, links, and which outside services are out or well; asks nobody."""
    return {
        "version": settings.VERSION,
        "links": settings.LINKS,
        "is_sandbox": settings.IS_SANDBOX,
        "outside": SimpleLazyObject(_outside),
    }
