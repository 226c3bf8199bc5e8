"""OMS as an outside service: its code, its name and what one does without it."""

from infrastructure.http.services import Service

OMS = "oms"
OMS_SERVICE = Service(
    OMS, "OMS", "Type the missing values", outage_note="Certifying goes on with values typed by hand."
)
