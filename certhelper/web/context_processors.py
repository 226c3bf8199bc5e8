"""Template context of the frame around every page."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from certify.editor.last_save import last_save_to_show
from infrastructure.http import status
from infrastructure.web.links import is_about_a_run

# The links of the navigation; their addresses are those of `settings.LINKS`.
_EXTERNAL_LINKS = {
    "oms": "OMS",
    "registry": "Run Registry",
    "dqm_gui": "DQM GUI",
    "dials": "DIALS",
    "twiki": "Shift twiki",
    "cabling": "Cabling map",
    "dcs": "DCS trends",
}


def _service_states() -> dict[str, list[status.ServiceState]]:
    states = status.service_states()
    return {
        "unavailable": [state for state in states if state.is_out],
        "available": [state for state in states if not state.is_out and state.answered_at],
    }


def _external_links() -> list[tuple[str, str]]:
    """(label, address) of the links that are set and lead somewhere without a run."""
    addresses = ((label, settings.LINKS[name]) for name, label in _EXTERNAL_LINKS.items())
    return [(label, address) for label, address in addresses if address and not is_about_a_run(address)]


def site_context(request: HttpRequest) -> dict[str, object]:
    """Version, links, switches, the last save of the session, and the last known states of the outside services."""
    return {
        "version": settings.VERSION,
        "links": settings.LINKS,
        "external_links": SimpleLazyObject(_external_links),
        "is_sandbox": settings.IS_SANDBOX,
        "is_registry_sync_shown": settings.REGISTRY_SYNC != "off",
        "last_save": SimpleLazyObject(partial(last_save_to_show, request)),
        "service_states": SimpleLazyObject(_service_states),
    }
