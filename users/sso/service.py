"""The CERN sign-in as an outside service; it issues the tokens with which the others are asked."""

from infrastructure.http.services import Service

SSO = "sso"
SSO_SERVICE = Service(
    SSO,
    "the CERN sign-in",
    "Type the missing values",
    outage_note="Whoever is signed in can go on.",
    issues_tokens=True,
)
