"""The sign-in page: through CERN, and with local accounts if they are enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from users import login_throttle
from users.access import ROLES_HINT
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

TEMPLATE = "users/sign_in.html"
NEXT_SESSION_KEY = "sign_in_next"
# Accounts of the sandbox, one for each role (two shifters). The password is the account name.
DEMO_ACCOUNTS = [
    ("guest", Role.GUEST),
    ("shifter", Role.SHIFTER),
    ("shifter2", Role.SHIFTER),
    ("leader", Role.SHIFT_LEADER),
    ("expert", Role.EXPERT),
    ("admin", Role.ADMIN),
]


class LocalAccountForm(AuthenticationForm):
    """Account name and password, without autofocus, because the sign-in with CERN comes first on the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus", None)


def login_context() -> dict[str, Any]:
    """Return the template context of the page, without the form."""
    return {
        "demo_accounts": DEMO_ACCOUNTS if settings.IS_SANDBOX and settings.LOCAL_ACCOUNTS else [],
        "wait_minutes": login_throttle.WINDOW_S // 60,
        "has_local_accounts": settings.LOCAL_ACCOUNTS,
        "roles_hint": ROLES_HINT,
    }


def next_path(request: HttpRequest) -> str:
    """Return the parameter `next` if it is a path on this site, else the home page."""
    return _safe_path(request, request.GET.get("next") or request.POST.get("next") or "")


def next_path_of_tab(request: HttpRequest, state: dict[str, Any] | None) -> str:
    """Return the path at which the tab began that sign-in; `state`: what allauth stored for it, None if unknown."""
    return _safe_path(request, (state or {}).get("next") or request.GET.get("next") or "")


def _safe_path(request: HttpRequest, path: str) -> str:
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(path, allowed_hosts=hosts, require_https=request.is_secure())
    return path if is_ours and path.startswith("/") else str(settings.LOGIN_REDIRECT_URL)


def login_redirect_for_form(request: HttpRequest) -> HttpResponse | None:
    """Redirect an anonymous user who submitted a form to the sign-in page, and afterwards to the page of the form.

    Returns None without a Referer.
    """
    page = _url_path(request.headers.get("Referer", ""))
    return redirect_to_login(_safe_path(request, page)) if page else None


def login_redirect_for_fragment(request: HttpRequest) -> HttpResponse:
    """Redirect the whole page of an anonymous htmx request to the sign-in page, and afterwards back to the page."""
    sign_in = redirect_to_login(_safe_path(request, _url_path(request.headers.get("HX-Current-URL", ""))))
    return HttpResponseClientRedirect(sign_in.url)


def _url_path(url: str) -> str:
    """Return path and query of a URL from a request header, or an empty string if it cannot be parsed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(("", "", parts.path, parts.query, ""))


def reject_login(request: HttpRequest, sentence: str, *, status: int = 403) -> NoReturn:
    """Abort a sign-in through allauth: render the sign-in page with a message, keeping the target in `next`."""
    next_path_of_session = request.session.get(NEXT_SESSION_KEY, "")
    context = login_context() | {
        "form": LocalAccountForm(request),
        "next": _safe_path(request, next_path_of_session),
        "refusal": sentence,
    }
    raise ImmediateHttpResponse(render(request, TEMPLATE, context, status=status))
