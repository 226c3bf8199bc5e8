"""The check a production server makes before it answers anybody."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from certhelper import env

# The environment names that a production server must be given (some may be given empty).
REQUIRED = [
    "RUNREGISTRY_URL",
    "RUNREGISTRY_AUDIENCE",
    "OMS_URL",
    "OMS_AUDIENCE",
    "SSO_URL",
    "SSO_CLIENT_ID",
    "SSO_CLIENT_SECRET",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
]


def refuse_half_configured() -> None:
    """Raise `ImproperlyConfigured` naming each required variable that is not set, unless in the sandbox."""
    if settings.IS_SANDBOX:
        return
    missing = [name for name in REQUIRED if not env.is_set(name)]
    if settings.DEBUG:
        missing.append("DEBUG=0")
    if missing:
        raise ImproperlyConfigured(f"Not started. Set {', '.join(missing)} (docs/operator.md says what each is).")
