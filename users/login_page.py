"""The page that asks who signs in: CERN first, accounts of this server where they are allowed."""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from users import login_throttle
from users.access import ROLES_HINT
from users.models import Role

TEMPLATE = "users/sign_in.html"
NEXT_SESSION_KEY = "sign_in_next"
# The accounts of the sandbox, password = name, one per role (two shifters).
DEMO_ACCOUNTS = [
    ("guest", Role.GUEST),
    ("shifter", Role.SHIFTER),
    ("shifter2", Role.SHIFTER),
    ("leader", Role.SHIFT_LEADER),
    ("expert", Role.EXPERT),
    ("admin", Role.ADMIN),
]


class LocalAccountForm(AuthenticationForm):
    """Name and password. CERN stands first on the page, so the cursor is not put here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus", None)


def login_context() -> dict[str, Any]:
    """What the page shows besides its form."""
    return {
        "demo_accounts": DEMO_ACCOUNTS if settings.IS_SANDBOX and settings.LOCAL_ACCOUNTS else [],
        "wait_minutes": login_throttle.WINDOW_S // 60,
        "has_local_accounts": settings.LOCAL_ACCOUNTS,
        "roles_hint": ROLES_HINT,
    }


def next_path(request: HttpRequest) -> str:
    """The path on this site that the person wants to go to, as the address or the form says; else home."""
    return _safe_path(request, request.GET.get("next") or request.POST.get("next") or "")


def _safe_path(request: HttpRequest, wanted: str) -> str:
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else str(settings.LOGIN_REDIRECT_URL)


def login_redirect_for_form(request: HttpRequest) -> HttpResponse | None:
    """For a stranger who sent a form: the sign-in, and from there back to the page it stood on, where that is ours."""
    page = _url_path(request.headers.get("Referer", ""))
    return redirect_to_login(_safe_path(request, page)) if page else None


def login_redirect_for_fragment(request: HttpRequest) -> HttpResponse:
    """For a stranger whose page asked for a part of itself: the whole page goes to the sign-in, and back afterwards."""
    sign_in = redirect_to_login(_safe_path(request, _url_path(request.headers.get("HX-Current-URL", ""))))
    return HttpResponseClientRedirect(sign_in.url)


def _url_path(url: str) -> str:
    """Path and query of an address that a browser, or anybody, has sent."""
    try:
        here = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(("", "", here.path, here.query, ""))


def reject_login(request: HttpRequest, sentence: str, *, status: int = 403) -> NoReturn:
    """End the sign-in here, with the page and one sentence on it; where the person wanted to go stays known."""
    wanted = request.session.get(NEXT_SESSION_KEY, "")
    more = {"form": LocalAccountForm(request), "next": _safe_path(request, wanted), "refusal": sentence}
    raise ImmediateHttpResponse(render(request, TEMPLATE, login_context() | more, status=status))
