"""All settings, each read once from the environment with its type. docs/operator.md lists them."""

import contextlib
import logging
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from certhelper import env
from certhelper.link_settings import read_links

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

VERSION = (BASE_DIR / "docs" / "changelog.md").read_text(encoding="utf-8").split("## ", 1)[1].split()[0]

# "production" does not start with required settings missing (certhelper/checks.py); "sandbox" is for one machine.
MODE = env.text("CERTHELPER_MODE", "production")
IS_SANDBOX = MODE == "sandbox"


def _secret_key() -> str:
    """SECRET_KEY, or a key generated at the first start and stored in `VAR_DIR`."""
    configured = env.text("SECRET_KEY")
    if configured:
        return configured
    key_file = VAR_DIR / "secret-key"
    if not key_file.exists():
        _write_once(secrets.token_urlsafe(50), key_file)
    return key_file.read_text(encoding="utf-8")


def _write_once(text: str, file: Path) -> None:
    """Write a file atomically, readable by its owner; of several processes the first one writes it."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=file.name, encoding="utf-8") as temporary:
        temporary.write(text)
        temporary.flush()
        with contextlib.suppress(FileExistsError):
            os.link(temporary.name, file)


SECRET_KEY = _secret_key()
DEBUG = env.boolean("DEBUG", default=False)
ALLOWED_HOSTS = env.string_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.string_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "widget_tweaks",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "simple_history",
    "certhelper",
    "audit",
    "users",
    "drafts",
    "registry",
    "registry_sync",
    "oms",
    "certify",
    "certify.review",
    "golden",
    "openruns",
    "listruns",
    "history_pages",
    "certify.references",
    "oms.lumisections",
    "dials",
    "certify.ranges",
    "certify.evidence",
    "certify.vocabulary",
    "reports",
    "shiftleader",
    "api",
    "sandbox",
]

MIDDLEWARE = [
    "certhelper.web.request_log.request_log",
    "django.middleware.security.SecurityMiddleware",
    "certhelper.web.health.answer_probes",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "users.sessions.extend_session",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "drafts.middleware.SaveDraftMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.CurrentRequestMiddleware",
]

ROOT_URLCONF = "certhelper.urls"
WSGI_APPLICATION = "certhelper.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "certhelper.web.context_processors.site_context",
            ],
            "builtins": ["certhelper.templatetags.frame"],
        },
    },
]

# --- Data -----------------------------------------------------------------------------------------
DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        f"sqlite:///{VAR_DIR / 'certhelper.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
        disable_server_side_cursors=True,  # they cost three round trips per list of choices
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # The tables are small and in memory: a page read out of order costs as much as the next one.
    DATABASES["default"] = {"OPTIONS": {}, **DATABASES["default"]}
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c random_page_cost=1.1 -c jit=off")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by the workers of one machine: the last responses of the outside services and, separately, failed sign-ins.
_CACHE_DIR = Path(env.text("CACHE_DIR", str(VAR_DIR / "cache")))
_FILE_CACHE = {
    "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
    "KEY_PREFIX": VERSION,  # another release may store values in another form
    "OPTIONS": {"MAX_ENTRIES": 20_000},
}
CACHES = {
    "default": {
        **_FILE_CACHE,
        "BACKEND": "infrastructure.cache.file_backend.MemoizedFileCache",
        "LOCATION": str(_CACHE_DIR),
    },
    "attempts": {**_FILE_CACHE, "LOCATION": str(_CACHE_DIR / "attempts")},
}

# --- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
LOGIN_URL = reverse_lazy("users:sign-in")
LOGIN_REDIRECT_URL = "/"
# Sign-in with name and password, in the sandbox only. In production users sign in through CERN.
LOCAL_ACCOUNTS = env.boolean("LOCAL_ACCOUNTS", default=True) and IS_SANDBOX
ACCOUNT_ADAPTER = "users.sso.provider.SilentAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_ADAPTER = "users.sso.provider.CernAccountAdapter"
SOCIALACCOUNT_ONLY = True
AUTHENTICATION_BACKENDS = ["users.sessions.Backend"]
SESSION_ENGINE = "users.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = env.text("SESSION_COOKIE_NAME", "certhelper_session")
CSRF_COOKIE_NAME = env.text("CSRF_COOKIE_NAME", "csrftoken")

# --- The outside ----------------------------------------------------------------------------------
_SANDBOX = f"http://127.0.0.1:{env.port('SANDBOX_PORT', 9500)}"


def _service_setting(name: str, in_sandbox: str) -> str:
    return env.text(name, in_sandbox if IS_SANDBOX else "")


def _origin(url: str) -> list[str]:
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


RUNREGISTRY_URL = _service_setting("RUNREGISTRY_URL", f"{_SANDBOX}/registry")
RUNREGISTRY_AUDIENCE = _service_setting("RUNREGISTRY_AUDIENCE", "cmsrunregistry-sso-proxy")
# Without an audience the headers say who writes to Run Registry; with one, the application of the token does.
RUNREGISTRY_EMAIL = env.text("RUNREGISTRY_EMAIL", "certhelper@cern.ch")
RUNREGISTRY_EGROUPS = env.text("RUNREGISTRY_EGROUPS", "cms-dqm-runregistry-offline-tracker-certifiers")
# Writing to Run Registry: off (not shown), plan (shown, nothing is sent), on.
REGISTRY_SYNC = env.choice("REGISTRY_SYNC", ("off", "plan", "on"), "plan")
OMS_URL = _service_setting("OMS_URL", f"{_SANDBOX}/oms/agg/api/v1")
OMS_AUDIENCE = _service_setting("OMS_AUDIENCE", "cmsoms-prod")
SSO_URL = _service_setting("SSO_URL", f"{_SANDBOX}/sso/auth/realms/cern")
SSO_CLIENT_ID = _service_setting("SSO_CLIENT_ID", "certhelper")
SSO_CLIENT_SECRET = _service_setting("SSO_CLIENT_SECRET", "sandbox")
OMS_CLIENT_ID = env.text("OMS_CLIENT_ID", SSO_CLIENT_ID)
OMS_CLIENT_SECRET = env.text("OMS_CLIENT_SECRET", SSO_CLIENT_SECRET)
OIDC_CLIENT_ID = _service_setting("OIDC_CLIENT_ID", "certhelper-people")
OIDC_CLIENT_SECRET = _service_setting("OIDC_CLIENT_SECRET", "sandbox")
APV_URL = _service_setting("APV_URL", f"{_SANDBOX}/apv/getReadOutmode.pl")
DIALS_URL = _service_setting("DIALS_URL", f"{_SANDBOX}/dials/api/v1")
DIALS_AUDIENCE = env.text("DIALS_AUDIENCE", "cms-dials-prod-confidential-app")
DIALS_CLIENT_ID = env.text("DIALS_CLIENT_ID", SSO_CLIENT_ID)
DIALS_CLIENT_SECRET = env.text("DIALS_CLIENT_SECRET", SSO_CLIENT_SECRET)
DIALS_WORKSPACES = env.string_list("DIALS_WORKSPACES", "tracker")
# Empty: the CERN authorities that cernrequests contains, together with the public ones.
CA_BUNDLE = env.text("CA_BUNDLE")
PAGE_BUDGET_S = env.number("PAGE_BUDGET_S", 10)
CONNECT_TIMEOUT_S = env.number("CONNECT_TIMEOUT_S", 2)
READ_TIMEOUT_S = env.number("READ_TIMEOUT_S", 5)
BREAKER_SECONDS = env.number("BREAKER_SECONDS", 30)

# A checkbox for each checklist of the certify page, ticked for each certification.
CHECKLIST_BOXES = env.boolean("CHECKLIST_BOXES", default=False)
# Flags of Run Registry and verdicts of others stand on the certify page from the start, not after the flags are set.
SHOW_OPINIONS_FIRST = env.boolean("SHOW_OPINIONS_FIRST", default=False)

# Links for people (certhelper/link_settings.py): address or template by name; an empty one is not shown.
LINKS = read_links()

# --- What the browser gets ------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = False
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DJANGO_TABLES2_TEMPLATE = "includes/table.html"

HTTPS = env.boolean("HTTPS", default=not IS_SANDBOX)
# A proxy sets X-Forwarded-Proto and appends to X-Forwarded-For; without a proxy any client could set them.
BEHIND_PROXY = env.boolean("BEHIND_PROXY", default=not IS_SANDBOX)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^livez$"]
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
FILE_UPLOAD_HANDLERS: list[str] = []  # no form has a file field: uploads are discarded while they are received
CSRF_FAILURE_VIEW = "drafts.views.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        # Sign-out is a form that redirects to CERN and back: browsers apply this directive to redirects, too.
        "form-action": [SELF, *_origin(SSO_URL)],
        "frame-ancestors": [NONE],
    }
}


def _once(record: logging.LogRecord) -> bool:
    """Drop tracebacks of client errors (4xx), and Django's own line for them: the request log has one already."""
    if 400 <= getattr(record, "status_code", 0) < 500:
        record.exc_info = None
        return record.name != "django.request"
    return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(request_id)s %(name)s %(message)s"}},
    "filters": {
        "once": {"()": "django.utils.log.CallbackFilter", "callback": _once},
        "request_id": {"()": "certhelper.web.request_log.RequestIdFilter"},
    },
    "handlers": {
        "stdout": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["once", "request_id"]},
    },
    # It logs whole URLs, and those of a sign-in contain codes; `infrastructure.http` logs each failed call.
    "loggers": {"urllib3": {"level": "WARNING"}},
    "root": {"handlers": ["stdout"], "level": env.text("LOG_LEVEL", "INFO")},
}
