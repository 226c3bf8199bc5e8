"""Names of the outside services: the short one that the code uses, and the one that people read."""

REGISTRY = "registry"
OMS = "oms"
SSO = "sso"
APV = "apv"
CERTIFICATION_CALLS = "calls"  # Run Registry too; its list is long, and must not be in the way of all the rest

LABELS = {REGISTRY: "Run Registry", OMS: "OMS", SSO: "the CERN sign-in"}
# No page but one each asks these, and none is in the way of certifying: the frame does not speak of them.
OPTIONAL_LABELS = {APV: "the APV service", CERTIFICATION_CALLS: "Run Registry’s list of certification calls"}


def service_label(service: str) -> str:
    """The service as people call it, inside a sentence."""
    return (LABELS | OPTIONAL_LABELS).get(service, service)


def service_label_at_start(service: str) -> str:
    """The service as people call it, at the start of a sentence."""
    words = service_label(service)
    return words[:1].upper() + words[1:]
