"""The APV service as an outside service. One page asks it, and nobody waits for it to certify."""

from infrastructure.http.services import Service

APV = "apv"
APV_SERVICE = Service(APV, "the APV service", is_essential=False)
