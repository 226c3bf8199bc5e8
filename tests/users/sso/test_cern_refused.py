"""Sign-ins through CERN that must fail: forged, expired or foreign tokens and codes, and an unreachable CERN."""

import time

import jwt
import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.urls import reverse

from sandbox.faults import MODES
from sandbox.openid.keys import KIDS, SPOILS, Keys
from tests.users.sso.cern import CALLBACK, START, Browser, query
from tests.waiting import HANG_S, PATIENCE_S
from users.models import User
from users.sso import id_token

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DISCOVERY, TOKEN, CERTS = "/.well-known/openid-configuration", "/openid-connect/token", "/openid-connect/certs"
# A valid payload; each test below changes one claim.
SOUND = {"iss": "https://realm", "aud": "us", "azp": "us", "sub": "ada", "nonce": "n"}


def is_stranger(visitor: Browser) -> bool:
    return SESSION_KEY not in visitor.client.session and not User.objects.exists()


def refused(answer, *words: str) -> bool:
    text = answer.content.decode()
    assert all(word in text for word in words), text
    return "Sign in with CERN" in text and 'role="alert"' in text


@pytest.mark.parametrize("spoil", SPOILS)
def test_invalid_token_is_refused(visitor, sandbox, spoil):
    sandbox.spoil_id_tokens(spoil)
    answer = visitor.sign_in("admin")
    assert answer.status_code == 403
    assert refused(answer, "could not be verified", "tell the administrator")
    assert is_stranger(visitor)


def test_same_browser_signs_in_after_tokens_are_valid_again(visitor, sandbox):
    sandbox.spoil_id_tokens("signature")
    visitor.sign_in("shifter", "/list/")
    sandbox.spoil_id_tokens("")
    assert visitor.sign_in("shifter", "/list/")["Location"] == "/list/"


def test_error_page_preserves_next(visitor, sandbox):
    sandbox.spoil_id_tokens("expired")
    assert "next=%2Flist%2F%3Fa%3D1" in visitor.sign_in("shifter", "/list/?a=1").content.decode()


@pytest.mark.parametrize(
    "spoiled",
    [{"state": "of-another"}, {"state": ""}, {"code": ""}, {"code": "made-up"}, {"error": "access_denied"}],
)
def test_invalid_callback_is_refused(visitor, spoiled):
    back = query(visitor.choose(visitor.begin(), "admin"))
    parameters = {**back, **spoiled}
    if "error" in spoiled:
        parameters.pop("code")
    answer = visitor.client.get(CALLBACK, parameters)
    assert answer.status_code == 403
    assert refused(answer, "ign in again")
    assert is_stranger(visitor)


def test_response_to_another_browser_is_refused(visitor, sandbox):
    """Login CSRF: an attacker sends the URL of their own callback to a victim."""
    back = Browser(sandbox)
    address = back.choose(back.begin(), "shifter")
    visitor.begin()
    assert visitor.return_to(address).status_code == 403
    assert is_stranger(visitor)


def test_code_of_another_sign_in_of_the_same_browser_is_refused(visitor):
    """Two sign-ins in one session: the code of one with the state of the other fails at PKCE."""
    first, second = (query(visitor.choose(visitor.begin(), "shifter")) for _ in range(2))
    answer = visitor.client.get(CALLBACK, {"code": first["code"], "state": second["state"]})
    assert answer.status_code == 403
    assert refused(answer, "did not confirm")


def test_callback_is_valid_once(visitor, sandbox):
    back = visitor.choose(visitor.begin(), "shifter")
    assert visitor.return_to(back).status_code == 302
    visitor.client.logout()
    assert visitor.return_to(back).status_code == 403


def test_state_expires_after_ten_minutes(visitor, time_machine):
    back = visitor.choose(visitor.begin(), "shifter")
    time_machine.move_to(time.time() + 11 * 60)
    assert refused(visitor.return_to(back), "too long ago")


def test_callback_of_a_signed_in_user_changes_nothing(shifter_client, shifter):
    assert shifter_client.get(CALLBACK, {"code": "x", "state": "y"})["Location"] == "/"
    assert shifter_client.get("/").context["user"] == shifter


# --- A token, without HTTP ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys()


def check(token, keys, **other):
    now = {"issuer": "https://realm", "client_id": "us", "nonce": "n"}
    return id_token.verify_id_token(token, keys.published()["keys"], **now | other)


def test_valid_token_is_accepted_with_either_key(keys):
    now = int(time.time())
    tokens = [keys.signed(SOUND | {"iat": now, "exp": now + 60}) for _ in KIDS]
    assert {jwt.get_unverified_header(token)["kid"] for token in tokens} == set(KIDS)
    assert [check(token, keys)["sub"] for token in tokens] == ["ada", "ada"]


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None},
        {"iat": None},
        {"aud": ["us", "them"], "azp": "them"},
        {"aud": []},
        {"azp": 3},
        {"nonce": None},
        {"nonce": ["n"]},
        {"iat": 9_999_999_999},
        {"nbf": 9_999_999_999},
        {"sub": ["ada"]},
    ],
)
def test_token_with_an_invalid_claim_is_refused(keys, change):
    now = int(time.time())
    claims = {
        key: value for key, value in (SOUND | {"iat": now, "exp": now + 60} | change).items() if value is not None
    }
    with pytest.raises(id_token.InvalidIdToken):
        check(keys.signed(claims), keys)


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "eyJhbGciOiJSUzI1NiJ9..", "." * 5000])
def test_invalid_text_is_not_accepted_as_token(keys, token):
    with pytest.raises(id_token.InvalidIdToken):
        check(token, keys)


@pytest.mark.parametrize("listed", [[], [None], [{"kid": KIDS[0]}], [{"kid": KIDS[0], "kty": "EC"}], ["x"]])
def test_token_is_refused_without_usable_keys(keys, listed):
    now = int(time.time())
    for _ in KIDS:
        token = keys.signed(SOUND | {"iat": now, "exp": now + 60})
        with pytest.raises(id_token.InvalidIdToken):
            id_token.verify_id_token(token, listed, issuer="https://realm", client_id="us", nonce="n")


def test_empty_nonce_is_refused(keys):
    now = int(time.time())
    with pytest.raises(id_token.InvalidIdToken):
        check(keys.signed(SOUND | {"nonce": "", "iat": now, "exp": now + 60}), keys, nonce="")


# --- CERN is unreachable ----------------------------------------------------------------------------------
@pytest.fixture
def quick(settings):
    """The time-out is shorter than the delay of the sandbox."""
    settings.CONNECT_TIMEOUT_S, settings.READ_TIMEOUT_S, settings.PAGE_BUDGET_S = 0.5, 0.4, 1.5


# What that fault spoils, keys do not have.
HARMLESS = {("bad-values", CERTS)}


@pytest.mark.parametrize("mode", MODES)
def test_starting_while_cern_is_unreachable_shows_a_message(visitor, sandbox, quick, mode):
    sandbox.faults("sso", mode, seconds=HANG_S)
    began = time.monotonic()
    answer = visitor.client.get(START, {"next": "/list/"})
    assert time.monotonic() - began < PATIENCE_S
    assert answer.status_code == 200
    assert refused(answer, "nobody can sign in with CERN now", "Try again in a minute, or sign in with")
    assert "next=%2Flist%2F" in answer.content.decode()
    sandbox.clear()
    assert visitor.sign_in("shifter", "/list/")["Location"] == "/list/"  # requested by a person: at once


@pytest.mark.parametrize("path", [DISCOVERY, TOKEN, CERTS])
@pytest.mark.parametrize("mode", MODES)
def test_callback_while_cern_is_unreachable_shows_a_message(visitor, sandbox, quick, mode, path):
    back = visitor.choose(visitor.begin(), "shifter")
    sandbox.faults("sso", mode, seconds=3, path=path)
    answer = visitor.return_to(back)
    if (mode, path) in HARMLESS:
        assert answer.status_code == 302
        return
    assert answer.status_code in (200, 403)
    message = "did not confirm" if (mode, path) in {("401", TOKEN), ("403", TOKEN)} else "nobody can sign in"
    assert refused(answer, message)
    assert is_stranger(visitor)


def test_local_form_is_not_offered_where_disabled(visitor, sandbox, settings):
    settings.LOCAL_ACCOUNTS = False
    sandbox.faults("sso", "503-html")
    text = visitor.client.get(START).content.decode()
    assert "Try again in a minute." in text
    assert 'name="password"' not in text


def test_refused_codes_do_not_open_the_breaker_of_cern(visitor, sandbox, settings):
    """An invalid code or client secret must not open the circuit breaker, which machine tokens share."""
    for secret in ("sandbox", ""):
        settings.OIDC_CLIENT_SECRET = secret
        state = query(visitor.begin())["state"]
        assert refused(visitor.client.get(CALLBACK, {"code": "made-up", "state": state}), "did not confirm")
    assert [entry["status"] for entry in sandbox.requests("sso") if entry["path"].endswith("/token")] == [400, 401]
    assert cache.get("infrastructure.http.circuit_breaker.sso") is None


def test_realm_with_another_issuer_is_not_used(visitor, settings):
    """A discovery document with another issuer is rejected; issuers are compared exactly."""
    settings.SSO_URL = settings.SSO_URL.replace("127.0.0.1", "localhost")
    assert visitor.client.get(START).status_code == 302
    settings.SSO_URL = settings.SSO_URL.replace("localhost", "LOCALHOST")
    assert refused(visitor.client.get(START), "in an unknown form (issuer)", "nobody can sign in")


# --- Accounts of this server ----------------------------------------------------------------------
def test_form_is_refused_where_local_accounts_are_not_allowed(client, shifter, settings):
    settings.LOCAL_ACCOUNTS = False
    page = reverse("users:sign-in")
    assert 'name="password"' not in client.get(page).content.decode()
    answer = client.post(page, {"username": "shifter", "password": "secret"})
    assert answer.status_code == 403
    assert refused(answer, "no accounts of its own")
    assert SESSION_KEY not in client.session
