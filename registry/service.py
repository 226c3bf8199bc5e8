"""Run Registry as outside services: their codes, their names and what one does without them."""

from infrastructure.http.services import Service

REGISTRY = "registry"
CERTIFICATION_CALLS = "calls"  # Run Registry too; its list is long, and must not be in the way of all the rest
REGISTRY_SERVICE = Service(REGISTRY, "Run Registry", "Certify without it", outage_note="Certifying goes on without it.")
CALLS_SERVICE = Service(CERTIFICATION_CALLS, "Run Registry’s list of certification calls", is_essential=False)
