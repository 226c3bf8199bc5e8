"""DIALS as an outside service. Certifying does not need it."""

from infrastructure.http.services import Service

DIALS = "dials"
DIALS_SERVICE = Service(DIALS, "DIALS", "Use the DQM GUI", is_essential=False, optional_setting="DIALS_URL")
