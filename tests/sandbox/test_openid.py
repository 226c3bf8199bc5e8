"""The OpenID provider of the sandbox, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests

REALM = "/sso/auth/realms/cern"
WAY_BACK = "http://127.0.0.1:8000/accounts/oidc/cern/login/callback/"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "client_id": "certhelper-people",
    "redirect_uri": WAY_BACK,
    "response_type": "code",
    "scope": "openid profile email",
    "state": "s",
    "nonce": "n",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class RealmClient:
    """A browser and a client, with the endpoints from the discovery document."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.at = self.browser.get(f"{base_url}{REALM}/.well-known/openid-configuration", timeout=10).json()

    def ask(self, **change: str | None) -> requests.Response:
        parameters = {name: value for name, value in (ASKED | change).items() if value is not None}
        address = f"{self.at['authorization_endpoint']}?{urlencode(parameters)}"
        return self.browser.get(address, timeout=10, allow_redirects=False)

    def choose(self, person: str, **change: str) -> dict[str, str]:
        """The parameters of the redirect back."""
        page = self.ask(prompt="login", **change)
        action = unescape(re.search(r'action="([^"]+)"', page.text).group(1))
        data = {"person": person}
        back = self.browser.post(self.base_url + action, data=data, timeout=10, allow_redirects=False)
        return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}

    def redeem(self, code: str, **change: str) -> requests.Response:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": WAY_BACK}
        fields |= {"code_verifier": VERIFIER, "client_id": "certhelper-people", "client_secret": "x"} | change
        return self.browser.post(self.at["token_endpoint"], data=fields, timeout=10)

    def tokens(self, person: str) -> dict:
        return self.redeem(self.choose(person)["code"]).json()


@pytest.fixture
def realm(sandbox) -> RealmClient:
    return RealmClient(sandbox.base_url)


def claims(tokens: dict) -> dict:
    return jwt.decode(tokens["id_token"], options={"verify_signature": False})


def test_discovery_uses_the_host_of_the_request(realm):
    assert realm.at["issuer"] == realm.base_url + REALM
    assert realm.at["code_challenge_methods_supported"] == ["S256"]
    again = RealmClient(realm.base_url.replace("127.0.0.1", "localhost"))
    assert again.at["issuer"].startswith("http://localhost:")


def test_keys_are_two_for_signing_after_one_for_encryption(realm):
    keys = realm.browser.get(realm.at["jwks_uri"], timeout=10).json()["keys"]
    assert [key["use"] for key in keys] == ["enc", "sig", "sig"]
    assert len({key["kid"] for key in keys}) == 3
    used = {jwt.get_unverified_header(realm.tokens("shifter")["id_token"])["kid"] for _ in range(2)}
    assert used == {key["kid"] for key in keys[1:]}


def test_id_token_has_subject_and_audience(realm):
    payload = claims(realm.tokens("leader"))
    assert (payload["iss"], payload["aud"], payload["azp"]) == (
        realm.at["issuer"],
        "certhelper-people",
        "certhelper-people",
    )
    assert (payload["sub"], payload["cern_upn"], payload["nonce"], payload["typ"]) == ("leader", "leader", "n", "ID")
    assert payload["cern_roles"] == payload["resource_access"]["certhelper-people"]["roles"]
    assert payload["exp"] > payload["iat"]


def test_person_without_roles_has_neither_claim(realm):
    assert {"cern_roles", "resource_access"} & set(claims(realm.tokens("newcomer"))) == set()


def test_userinfo_is_for_the_access_token_and_has_no_roles(realm):
    tokens = realm.tokens("expert")
    given = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = realm.browser.get(realm.at["userinfo_endpoint"], headers=given, timeout=10).json()
    assert userinfo["sub"] == "expert"
    assert "cern_roles" not in userinfo
    assert realm.browser.get(realm.at["userinfo_endpoint"], timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"client_id": "somebody"}, "Client not found"),
        ({"redirect_uri": "http://elsewhere.example/accounts/oidc/cern/login/callback/"}, "redirect_uri"),
        ({"redirect_uri": WAY_BACK.replace("/cern/", "/CERN/")}, "redirect_uri"),
    ],
)
def test_request_with_an_invalid_redirect_is_refused_directly(realm, change, sentence):
    answer = realm.ask(**change)
    assert (answer.status_code, sentence in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_invalid_request_redirects_back_with_the_error(realm, change, error):
    answer = realm.ask(**change)
    parameters = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (answer.status_code, parameters["error"], parameters["state"]) == (302, [error], ["s"])


def test_code_is_valid_once(realm):
    code = realm.choose("shifter")["code"]
    assert [realm.redeem(code).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"code_verifier": "w" * 64}, 400),
        ({"redirect_uri": WAY_BACK + "?a"}, 400),
        ({"client_id": "certhelper-other"}, 400),
        ({"client_secret": ""}, 401),
        ({"grant_type": "password"}, 400),
    ],
)
def test_code_is_valid_for_its_client_only(realm, change, status):
    assert realm.redeem(realm.choose("shifter")["code"], **change).status_code == status


def test_session_lasts_until_the_sign_out(realm):
    hint = realm.tokens("shifter")["id_token"]
    assert "code=" in realm.ask().headers["Location"]
    after = {"id_token_hint": hint, "post_logout_redirect_uri": "http://127.0.0.1:8000/accounts/login/"}
    left = realm.browser.get(realm.at["end_session_endpoint"], params=after, timeout=10, allow_redirects=False)
    assert (left.status_code, left.headers["Location"]) == (302, after["post_logout_redirect_uri"])
    assert realm.ask().status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({}, 200, "Do you want to sign out"),
        ({"id_token_hint": "made.up.token"}, 400, "id_token_hint"),
        ({"post_logout_redirect_uri": "https://elsewhere.example/"}, 400, "Invalid redirect"),
    ],
)
def test_sign_out_without_proof_ends_no_session(realm, query, status, sentence):
    realm.choose("shifter")
    answer = realm.browser.get(realm.at["end_session_endpoint"], params=query, timeout=10)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert "code=" in realm.ask().headers["Location"]


def test_page_lists_all_people_and_limits_form_targets(realm, sandbox):
    sandbox.person("<b>ada", roles=["shifter"])
    page = realm.ask()
    assert all(f'value="{name}"' in page.text for name in ("guest", "shifter", "leader", "admin", "&lt;b&gt;ada"))
    assert "form-action 'self' http://127.0.0.1:* http://localhost:*" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/openid-connect/auth", "/certs", "/token", "/userinfo", "/logout", "/.well-known"])
def test_faults_reach_each_endpoint_by_its_path_alone(realm, sandbox, path):
    sandbox.faults("sso", "503-html", path=path)
    requests = {"auth": realm.ask, "token": lambda: realm.redeem("x")}
    for name in ("authorization", "token", "userinfo", "end_session", "jwks"):
        address = realm.at.get(f"{name}_endpoint", realm.at["jwks_uri"])
        short = address.rpartition("/")[2]
        answer = requests[short]() if short in requests else realm.browser.get(address, timeout=10)
        assert (answer.status_code == 503) is (path in address), address


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("people", {"name": ""}),
        ("people", {"roles": []}),
        ("people", {"name": "ada", "roles": "admin"}),
        ("people", {"name": "ada", "roles": [1]}),
        ("id-tokens", {"spoil": "everything"}),
    ],
)
def test_invalid_control_request_is_refused_with_a_message(sandbox, path, body):
    answer = requests.post(f"{sandbox.base_url}/_sandbox/{path}", json=body, timeout=10)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_roles_change_until_reset(realm, sandbox):
    sandbox.person("shifter", roles=["expert"], cern_roles=False)
    payload = claims(realm.tokens("shifter"))
    assert payload["resource_access"] == {"certhelper-people": {"roles": ["expert"]}}
    assert "cern_roles" not in payload
    sandbox.clear()
    assert "shifter" in claims(realm.tokens("shifter"))["cern_roles"]
