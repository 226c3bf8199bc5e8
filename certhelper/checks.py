"""System checks of a server's start. `certhelper.wsgi` and the `serve` command run them and refuse to start on errors.

They are deployment checks (`manage.py check --deploy` runs them, too), so that commands such as `migrate` need only
the settings that they use.
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from certhelper import env
from infrastructure.web.links import PLACEHOLDERS, template_error
from registry.writes import author_problem

STARTUP_TAG = "startup"
# The environment variables that production requires. An audience may be set and empty; nothing else may.
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


@register(STARTUP_TAG, deploy=True)
def check_required_settings(**_kwargs: Any) -> list[CheckMessage]:
    """E001: variables of `REQUIRED` that are not set or empty in production."""
    missing = ", ".join(name for name in REQUIRED if not _is_configured(name))
    if settings.IS_SANDBOX or not missing:
        return []
    hint = f"Set {missing} (docs/operator.md says what each is)."
    return [Error(f"Required settings are missing or empty: {missing}.", hint=hint, id="certhelper.E001")]


@register(STARTUP_TAG, deploy=True)
def check_debug_is_off(**_kwargs: Any) -> list[CheckMessage]:
    """E002: debug pages, which show settings and source to every visitor, are switched on in production."""
    if settings.IS_SANDBOX or not settings.DEBUG:
        return []
    return [Error("DEBUG is on in production.", hint="Set DEBUG=0.", id="certhelper.E002")]


@register(STARTUP_TAG)
def check_links(**_kwargs: Any) -> list[CheckMessage]:
    """E003: a template of `LINKS` that cannot be filled in. `manage.py check` without --deploy reports it, too."""
    hint = f"Write an address with no placeholders but {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}, or nothing."
    problems = {f"LINK_{name.upper()}": template_error(template) for name, template in settings.LINKS.items()}
    return [
        Error(f"{name} is no address: {problem}.", hint=f"{name}: {problem}. {hint}", id="certhelper.E003")
        for name, problem in problems.items()
        if problem
    ]


@register(STARTUP_TAG)
def check_registry_author(**_kwargs: Any) -> list[CheckMessage]:
    """E004: an author of Run Registry's own flags, or one that it cannot read. It has no effect beside an audience."""
    problem = author_problem(settings.RUNREGISTRY_EMAIL, settings.RUNREGISTRY_EGROUPS)
    return [Error(f"{problem}.", hint=f"{problem}.", id="certhelper.E004")] if problem else []


def require_startup_checks() -> None:
    """Run the start-up checks. Raises `ImproperlyConfigured` with the hints of all errors in one message."""
    errors = run_checks(tags=[STARTUP_TAG], include_deployment_checks=True)
    errors.sort(key=lambda error: str(error.id))  # Django runs checks in no fixed order
    if errors:
        raise ImproperlyConfigured(f"Not started. {' '.join(str(error.hint) for error in errors)}")


def _is_configured(name: str) -> bool:
    return env.is_set(name) and (name.endswith("_AUDIENCE") or bool(env.text(name).strip()))
