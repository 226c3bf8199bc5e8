"""What a server checks and makes ready before it answers anybody."""

import fcntl

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from certhelper import env

# The environment names that a production server must be given. An audience may be given empty; nothing else may.
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
    """Raise `ImproperlyConfigured` naming each required variable that is not set or empty, unless in the sandbox."""
    if settings.IS_SANDBOX:
        return
    missing = [name for name in REQUIRED if not _is_given(name)]
    if settings.DEBUG:
        missing.append("DEBUG=0")
    if missing:
        raise ImproperlyConfigured(f"Not started. Set {', '.join(missing)} (docs/operator.md says what each is).")


def _is_given(name: str) -> bool:
    return env.is_set(name) and (name.endswith("_AUDIENCE") or bool(env.text(name).strip()))


def collect_static_files_once() -> None:
    """Collect the static files if nobody has yet; of several workers one does it and the others wait."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists():
        return
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    with settings.STATIC_ROOT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not manifest.exists():
            call_command("collectstatic", interactive=False, verbosity=0)
