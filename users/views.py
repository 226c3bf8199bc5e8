"""Views for signing in and out, through CERN and with local accounts if they are enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from infrastructure.http import status
from users import login_page, login_throttle
from users.sso.provider import CERN, SSO_SESSION_KEY, CernAdapter, CernProvider
from users.sso.service import SSO

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm
    from django.http import HttpRequest, HttpResponse, HttpResponseBase


class SignInView(LoginView):
    """Sign-in page: CERN, and account name with password if enabled. Redirects to `next`; status 429 if throttled."""

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
    """Redirect to CERN, and to `next` after the sign-in."""
    next_path = login_page.next_path(request)
    if request.user.is_authenticated:
        return redirect(next_path)
    request.session[login_page.NEXT_SESSION_KEY] = next_path
    provider: CernProvider = CernAdapter(request).get_provider()
    response: HttpResponseBase = provider.redirect(request, process=AuthProcess.LOGIN, next_url=next_path)
    return response


@login_not_required
@never_cache
@require_GET
def cern_callback(request: HttpRequest) -> HttpResponseBase:
    """Complete the sign-in with the code from CERN. Who is signed in already, by another tab, goes on to `next`."""
    if request.user.is_authenticated:
        state_id = request.GET.get("state", "")
        state = statekit.unstash_state(request, state_id=state_id, provider_id=CERN)
        return redirect(login_page.next_path_of_tab(request, state))
    response: HttpResponseBase = OAuth2CallbackView.adapter_view(CernAdapter(request))(request)
    return response


@login_not_required
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out, and also at CERN if the user signed in there."""
    response = _log_out(request)
    # The next user must not see cached pages with the browser's Back button.
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
    params = {"id_token_hint": cern["id_token"], "post_logout_redirect_uri": request.build_absolute_uri(sign_in)}
    return redirect(f"{cern['ends_at']}?{urlencode(params)}")
