"""What every page shows around its content."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from remote import status


def _out() -> list[status.ServiceState]:
    return [state for state in status.states() if state.is_out]


def _well() -> list[status.ServiceState]:
    return [state for state in status.states() if not state.is_out and state.answered_at]


def shell(_request: HttpRequest) -> dict[str, object]:
    """Template context of the frame: version, links, and which outside services are out or well; asks nobody."""
    return {
        "version": settings.VERSION,
        "links": settings.LINKS,
        "is_sandbox": settings.IS_SANDBOX,
        "outside_out": SimpleLazyObject(_out),
        "outside_well": SimpleLazyObject(_well),
    }
