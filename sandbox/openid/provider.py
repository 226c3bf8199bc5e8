"""Stand-in of CERN's OpenID provider for the sign-in of users: authorization code flow with PKCE.

Known clients are those whose name begins with `certhelper`, with any secret that is not empty. A redirect URI is valid
if it is on this machine and has the path that CertHelper registers. Like Keycloak, the realm stores its session in a
cookie until the user signs out.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import jwt

from sandbox.exchange import HTML, Request, Response
from sandbox.openid import pages
from sandbox.openid.realm import Realm, Session, unpadded

REALM_PATH = "/sso/auth/realms/cern"
CALLBACK = "/accounts/oidc/cern/login/callback/"
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1", "testserver")


def issuer_of(request: Request) -> str:
    """Return the issuer, with the host name of the request."""
    return f"http://{request.headers.get('host', '127.0.0.1')}{REALM_PATH}"


def discovery(request: Request) -> Response:
    """Return the response of `.well-known/openid-configuration`."""
    issuer = issuer_of(request)
    pages_at = f"{issuer}/protocol/openid-connect"
    return Response(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{pages_at}/auth",
            "token_endpoint": f"{pages_at}/token",
            "userinfo_endpoint": f"{pages_at}/userinfo",
            "end_session_endpoint": f"{pages_at}/logout",
            "jwks_uri": f"{pages_at}/certs",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


def is_allowed_redirect(address: str, path: str = "") -> bool:
    """Return whether the realm may redirect a browser to this URL."""
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and parts.hostname in LOCAL_HOSTS and parts.path.startswith(path)


def _cookie_name(request: Request) -> str:
    """Return a cookie name with the port, because cookies are shared between the ports of a host."""
    return f"sandbox_sso_{request.headers.get('host', '').rpartition(':')[2]}"


def _session_id(request: Request) -> str:
    pairs = (cookie.strip().partition("=") for cookie in request.headers.get("cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == _cookie_name(request)), "")


def authorize(request: Request, realm: Realm) -> Response:
    """Show the choice of the account, or redirect back with a code for a signed-in user."""
    request_params = dict(request.query)
    if refusal := _invalid_request(request_params):
        return refusal
    session = realm.session(_session_id(request))
    if request.method == "POST":
        return _sign_in_chosen(request, realm, request_params)
    if session and request_params.get("prompt") != "login":
        return _redirect_with_code(request, realm, session, request_params)
    if request_params.get("prompt") == "none":
        return _redirect_back(request_params, error="login_required")
    return pages.account_chooser(realm.people.all(), request.target)


def _invalid_request(request_params: dict[str, str]) -> Response | None:
    if not request_params.get("client_id", "").startswith("certhelper"):
        return pages.error_page("Client not found.")
    if not is_allowed_redirect(request_params.get("redirect_uri", ""), CALLBACK):
        return pages.error_page("Invalid parameter: redirect_uri")
    if request_params.get("response_type") != "code":
        return _redirect_back(request_params, error="unsupported_response_type")
    if request_params.get("code_challenge_method") != "S256" or not request_params.get("code_challenge"):
        return _redirect_back(
            request_params, error="invalid_request", error_description="Missing parameter: code_challenge_method"
        )
    if "openid" not in request_params.get("scope", "").split():
        return _redirect_back(request_params, error="invalid_scope")
    return None


def _sign_in_chosen(request: Request, realm: Realm, request_params: dict[str, str]) -> Response:
    form = request.form
    name = form.get("without_cern_roles") or form.get("person", "")
    person = realm.people.by_name(name)
    if person is None:
        return _redirect_back(request_params, error="access_denied")
    if "without_cern_roles" in form:
        person = replace(person, has_cern_roles=False)
    return _redirect_with_code(request, realm, realm.sign_in(person), request_params)


def _redirect_with_code(request: Request, realm: Realm, session: Session, request_params: dict[str, str]) -> Response:
    issuer = issuer_of(request)
    response = _redirect_back(
        request_params, code=realm.issue_code(session, request_params, issuer), session_state=session.sid, iss=issuer
    )
    cookie = f"{_cookie_name(request)}={session.sid}; Path=/sso; HttpOnly; SameSite=Lax"
    return replace(response, headers={**response.headers, "Set-Cookie": cookie})


def _redirect_back(request_params: dict[str, str], **params: str) -> Response:
    """Redirect to CertHelper with these parameters and its own state."""
    params |= {"state": request_params["state"]} if "state" in request_params else {}
    return Response("", 302, HTML, {"Location": f"{request_params['redirect_uri']}?{urlencode(params)}"})


def log_out(request: Request, realm: Realm) -> Response:
    """End the session of `id_token_hint` and redirect to `post_logout_redirect_uri`; without the hint, confirm."""
    request_params = {**dict(request.query), **(request.form if request.method == "POST" else {})}
    after = request_params.get("post_logout_redirect_uri", "")
    if after and not is_allowed_redirect(after):
        return pages.error_page("Invalid redirect uri")
    hint = request_params.get("id_token_hint", "")
    if not hint and request.method != "POST":
        return pages.sign_out_page(request.target)
    try:
        realm.end_session(realm.keys.read(hint)["sid"] if hint else _session_id(request))
    except (jwt.PyJWTError, KeyError):
        return pages.error_page("Invalid parameter: id_token_hint")
    return Response("", 302, HTML, {"Location": after}) if after else pages.page("You are logged out", "")


def redeem(fields: dict[str, str], client: str, realm: Realm) -> Response:
    """Exchange a code for tokens, after checking the PKCE verifier."""
    code = realm.redeem(fields.get("code", ""))
    if code is None or code.client != client:
        return _invalid_grant("Code not valid")
    if fields.get("redirect_uri") != code.redirect_uri:
        return _invalid_grant("Incorrect redirect_uri")
    verifier = fields.get("code_verifier", "")
    if unpadded(hashlib.sha256(verifier.encode()).digest()) != code.challenge:
        return _invalid_grant("PKCE verification failed: Code mismatch")
    return Response(realm.tokens(code))


def _invalid_grant(description: str) -> Response:
    return Response({"error": "invalid_grant", "error_description": description}, 400)


def userinfo(request: Request, realm: Realm) -> Response:
    """Return the claims of the user of the access token."""
    claims = realm.userinfo(request.bearer or "")
    return Response(claims) if claims else Response({"error": "invalid_token"}, 401)
