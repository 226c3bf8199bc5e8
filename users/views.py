"""Signing in and out: through CERN, and with accounts of this server where they are allowed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from infrastructure.http import status
from users import login_page, login_throttle
from users.sso.provider import SSO_SESSION_KEY, CernAdapter
from users.sso.service import SSO


class SignInView(LoginView):
    """Offers CERN, asks for name and password where allowed, and goes on to `next`. Too many failures: 429."""

    http_method_names = ["get", "head", "post"]
    template_name = login_page.TEMPLATE
    redirect_authenticated_user = True
    authentication_form = login_page.LocalAccountForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return login_page.login_redirect_for_fragment(request)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.LOCAL_ACCOUNTS:
            return self._render_form(403, refusal="This server has no accounts of its own. Sign in with CERN.")
        if not login_throttle.allow_attempt(request, request.POST.get("username", "")):
            return self._render_form(429, is_blocked=True)
        return super().post(request, *args, **kwargs)

    def _render_form(self, status_code: int, **more: Any) -> HttpResponse:
        context = self.get_context_data(form=login_page.LocalAccountForm(self.request), **more)
        return self.render_to_response(context, status=status_code)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        login_throttle.reset_failures(self.request, form.data.get("username", ""))
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**login_page.login_context(), **kwargs)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def cern_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Off to CERN, and back to `next` afterwards."""
    wanted = login_page.next_path(request)
    if request.user.is_authenticated:
        return redirect(wanted)
    request.session[login_page.NEXT_SESSION_KEY] = wanted
    provider = CernAdapter(request).get_provider()
    return provider.redirect(request, process=AuthProcess.LOGIN, next_url=wanted)


@login_not_required
@never_cache
@require_GET
def cern_callback(request: HttpRequest) -> HttpResponseBase:
    """Back from CERN with a code. Who is signed in already stays so, whatever comes."""
    if request.user.is_authenticated:
        return redirect(login_page.next_path(request))
    return OAuth2CallbackView.adapter_view(CernAdapter(request))(request)


@login_not_required
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out here, and at CERN too for who came from there."""
    response = _log_out(request)
    # Nor does Back show the next person what this one typed.
    response["Clear-Site-Data"] = '"cache"'
    return response


def _log_out(request: HttpRequest) -> HttpResponse:
    cern = request.session.get(SSO_SESSION_KEY)
    logout(request)
    sign_in = reverse("users:sign-in")
    if not cern:
        return redirect(sign_in)
    if any(state.is_out for state in status.service_states() if state.name == SSO):
        messages.warning(request, "You are signed out here, but CERN does not answer: close the browser to be sure.")
        return redirect(sign_in)
    asked = {"id_token_hint": cern["id_token"], "post_logout_redirect_uri": request.build_absolute_uri(sign_in)}
    return redirect(f"{cern['ends_at']}?{urlencode(asked)}")
