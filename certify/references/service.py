"""Registration of the APV service. Only the page of reference runs uses it; certifying does not need it."""

from infrastructure.http.services import Service

APV = "apv"
APV_SERVICE = Service(APV, "the APV service", is_essential=False, optional_setting="APV_URL")
