"""CERN as an OpenID Connect provider of allauth.

allauth implements the authorization code flow with PKCE: state, callback and session. This module adds requests
through `infrastructure.http`, the verification of the ID token and its nonce, and the account of the user.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse

from infrastructure.http.budget import Budget
from infrastructure.http.errors import RemoteError
from users.login_page import reject_login
from users.sso import endpoints
from users.sso.account import Claims, UnusableClaims, create_account, update_account
from users.sso.id_token import InvalidIdToken, verify_id_token
from users.sso.pkce import code_challenge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

logger = logging.getLogger(__name__)
CERN = "cern"
SSO_SESSION_KEY = "cern"  # for the sign-out: id_token and end_session_endpoint
RETRY_ADVICE = "Sign in again; if it stays so, tell the administrator."


@contextmanager
def errors_on_login_page(request: HttpRequest) -> Iterator[None]:
    """Convert errors of the CERN sign-in within the block to a message on the sign-in page."""
    try:
        yield
    except endpoints.CodeRefused as error:
        logger.warning("CERN rejected the authorization code: %s", error)
        reject_login(request, f"CERN did not confirm this sign-in. {RETRY_ADVICE}")
    except RemoteError as error:
        also = ", or sign in with an account of this server" if settings.LOCAL_ACCOUNTS else ""
        sentence = f"{error.reason}, so nobody can sign in with CERN now."
        reject_login(request, f"{sentence} Try again in a minute{also}.", status=200)
    except (InvalidIdToken, UnusableClaims) as error:
        logger.warning("Invalid ID token: %s", error)
        reject_login(
            request, f"CERN’s answer about your account could not be verified, so you are not signed in. {RETRY_ADVICE}"
        )


class CernAdapter(OpenIDConnectOAuth2Adapter):
    """Requests of one sign-in, within the time budget of one page."""

    basic_auth = False

    def __init__(self, request: HttpRequest, provider_id: str = CERN) -> None:
        super().__init__(request, provider_id)
        # The user started the sign-in, so CERN is requested even if the circuit breaker is open.
        self.budget = Budget.for_page(is_retry=True)
        self.nonce = ""

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        """Return the OpenID configuration of the realm."""
        with errors_on_login_page(self.request):
            return endpoints.fetch_configuration(self.budget)

    def get_callback_url(self, request: HttpRequest, _app: SocialApp) -> str:
        """Return the redirect URI that is registered at CERN."""
        return request.build_absolute_uri(reverse("users:cern-callback"))

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, _client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Return the tokens for the authorization code of the callback."""
        verifier = pkce_code_verifier or ""
        self.nonce = code_challenge(verifier)
        callback = self.get_callback_url(request, app)
        with errors_on_login_page(request):
            return endpoints.exchange_code(self.access_token_url, request.GET["code"], verifier, callback, self.budget)

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Return the access token, which allauth requires. It is not stored."""
        return SocialToken(token=data["access_token"])

    def complete_login(self, request: HttpRequest, app: SocialApp, _token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return the login of the user of the verified ID token."""
        id_token = kwargs["response"]["id_token"]
        with errors_on_login_page(request):
            keys = endpoints.fetch_keys(self.openid_config["jwks_uri"], self.budget)
            token_claims = verify_id_token(
                id_token, keys, issuer=endpoints.issuer(), client_id=app.client_id, nonce=self.nonce
            )
            claims = Claims.from_token(token_claims, app.client_id)
        request.session[SSO_SESSION_KEY] = {"id_token": id_token, "ends_at": self.openid_config["end_session_endpoint"]}
        return self.get_provider().sociallogin_from_response(request, vars(claims))


class CernProvider(OpenIDConnectProvider):
    """Provider whose response `data` is a `Claims` instance as a dict."""

    oauth2_adapter_class = CernAdapter

    def get_pkce_params(self) -> dict[str, str]:
        """Return the PKCE parameters. The challenge is also the nonce: random, and bound to the session's verifier."""
        params: dict[str, str] = generate_code_challenge()
        challenge = code_challenge(params["code_verifier"])
        return params | {"code_challenge": challenge, "nonce": challenge}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return the subject, which identifies the user."""
        return str(data["subject"])

    def extract_common_fields(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Return nothing: `users.sso.account` writes name and e-mail address at every sign-in."""
        return {}

    def extract_email_addresses(self, _data: dict[str, Any]) -> list[Any]:
        """Return nothing: accounts are not matched by e-mail address."""
        return []


class CernAccountAdapter(DefaultSocialAccountAdapter):
    """allauth adapter that creates and updates the accounts of CERN users."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> CernProvider:  # noqa: ARG002
        """Return the provider configured by the settings. No provider is stored in the database."""
        app = SocialApp(provider=OpenIDConnectProvider.id, provider_id=CERN, name="CERN")
        app.client_id, app.secret = settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET
        return CernProvider(request, app=app)

    def get_requests_session(self) -> Any:
        """Raise `RuntimeError`: allauth must not make requests itself."""
        raise RuntimeError("Requests to CERN must use infrastructure.http, which has a deadline.")

    def on_authentication_error(self, request: HttpRequest, _provider: Any, error: Any = None, **_more: Any) -> None:
        """Show a message on the sign-in page for a cancelled or outdated sign-in."""
        if error == AuthError.CANCELLED:
            reject_login(request, "You did not sign in at CERN. Sign in again when you want to.")
        reject_login(request, "This sign-in began too long ago, in another browser, or was used before. Sign in again.")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Update the account of a known user, or reject an inactive one."""
        user = sociallogin.user
        if user.pk is None:
            return
        if not user.is_active:
            reject_login(request, "Your account here is switched off. Ask an admin why.")
        sociallogin.user = update_account(user, Claims(**sociallogin.account.extra_data))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:  # noqa: ARG002
        """Create the account of a new user."""
        try:
            sociallogin.user = create_account(Claims(**sociallogin.account.extra_data), sociallogin.account)
        except IntegrityError:
            reject_login(request, "Another sign-in of yours came first. Sign in again.", status=409)
        return sociallogin.user


class SilentAccountAdapter(DefaultAccountAdapter):
    """allauth account adapter that adds no messages at sign-in."""

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing."""
