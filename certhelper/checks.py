"""What a server checks and makes ready before it answers anybody."""

import fcntl
import os

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
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


def require_production_settings() -> None:
    """Raise `ImproperlyConfigured` naming each required variable that is not set or empty, unless in the sandbox."""
    if settings.IS_SANDBOX:
        return
    missing = [name for name in REQUIRED if not _is_configured(name)]
    if settings.DEBUG:
        missing.append("DEBUG=0")
    if missing:
        raise ImproperlyConfigured(f"Not started. Set {', '.join(missing)} (docs/operator.md says what each is).")


def _is_configured(name: str) -> bool:
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


def collect_changed_static_files() -> None:
    """Collect the static files anew where one was added, removed or written since the last time."""
    kept = settings.STATIC_ROOT / "collected.txt"
    now = _static_files()
    if kept.exists() and kept.read_text(encoding="utf-8") == now:
        return
    kept.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    kept.write_text(now, encoding="utf-8")


def _static_files() -> str:
    """Every static file with its size and the time it was written, a line each."""
    listed = [storage.path(name) for finder in get_finders() for name, storage in finder.list([])]
    about = [(path, os.stat(path)) for path in sorted(listed)]
    return "".join(f"{path} {stat.st_size} {stat.st_mtime_ns}\n" for path, stat in about)
