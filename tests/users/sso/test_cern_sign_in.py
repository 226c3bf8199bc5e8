"""Signing in through CERN, over HTTP against the sandbox's provider."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialLogin, SocialToken
from django.urls import reverse

from tests.factories import UserFactory
from tests.users.sso.cern import CALLBACK, START, Browser, query
from users.access import ROLES_HINT
from users.models import Role, User

pytestmark = pytest.mark.django_db
PAGE = reverse("users:sign-in")


def who(visitor: Browser) -> User:
    """The user of this session."""
    return visitor.client.get("/help/").context["user"]


def test_page_offers_cern_first_and_preserves_next(client):
    html = client.get(f"{PAGE}?next=/list/%3Frun%3D1%26a%3D%C3%A9").content.decode()
    assert f'href="{START}?next=%2Flist%2F%3Frun%3D1%26a%3D%C3%A9"' in html
    assert html.index("Sign in with CERN") < html.index('name="username"')


def test_request_to_cern_has_pkce_state_and_nonce(visitor):
    first, second = query(visitor.begin()), query(visitor.begin())
    assert first["response_type"] == "code"
    assert set(first["scope"].split()) == {"openid", "profile", "email"}
    assert first["redirect_uri"] == f"http://testserver{CALLBACK}"
    assert (first["client_id"], first["code_challenge_method"]) == ("certhelper-people", "S256")
    for secret in ("state", "nonce", "code_challenge"):
        assert len(first[secret]) >= 16
        assert first[secret] != second[secret]


@pytest.mark.parametrize(
    ("person", "role"),
    [
        ("guest", Role.GUEST),
        ("shifter", Role.SHIFTER),
        ("leader", Role.SHIFT_LEADER),
        ("expert", Role.EXPERT),
        ("admin", Role.ADMIN),
        ("newcomer", Role.GUEST),
    ],
)
@pytest.mark.parametrize("without_cern_roles", [False, True])
def test_role_comes_from_the_token_with_and_without_cern_roles(visitor, person, role, without_cern_roles):
    assert visitor.sign_in(person, without_cern_roles=without_cern_roles)["Location"] == "/"
    assert (who(visitor).username, who(visitor).role) == (person, role)


def test_both_signing_keys_are_accepted(sandbox, db):
    """The sandbox signs with both keys alternately."""
    for _ in range(3):
        assert Browser(sandbox).sign_in("shifter").status_code == 302


def test_sign_in_redirects_to_the_requested_page(visitor):
    response = visitor.client.get("/list/?runs_min=315270&comment=é")
    following = query(response["Location"])["next"]
    assert visitor.sign_in("shifter", following)["Location"] == following
    assert visitor.client.get(following).status_code == 200


@pytest.mark.parametrize("address", [START, f"{START}callback/"])
def test_invalid_next_redirects_home(shifter_client, address):
    assert shifter_client.get(address, {"next": "é"})["Location"] == "/"


def test_next_of_another_site_is_not_followed(visitor):
    assert visitor.sign_in("shifter", "https://elsewhere.example/")["Location"] == "/"


def test_next_of_an_earlier_attempt_is_not_reused(visitor):
    visitor.begin("/list/")
    assert visitor.sign_in("shifter")["Location"] == "/"


def test_sign_in_starts_a_new_session(visitor):
    visitor.begin()
    before = visitor.client.session.session_key
    visitor.sign_in("shifter")
    assert visitor.client.session.session_key not in (None, before)


@pytest.mark.parametrize("roles", [["shift"], ["Shifter"], ["shifters", "tracker-shifter"], ["leader"], ["", "a"]])
def test_similar_role_names_give_no_role(visitor, sandbox, roles):
    sandbox.person("shifter", roles=roles)
    visitor.sign_in("shifter")
    assert who(visitor).role == Role.GUEST


def test_highest_of_several_roles_counts(visitor, sandbox):
    sandbox.person("shifter", roles=["guest", "expert", "shifter"])
    visitor.sign_in("shifter")
    assert who(visitor).role == Role.EXPERT


@pytest.mark.parametrize(("before", "after"), [("shifter", "expert"), ("admin", "shifter"), ("shiftleader", None)])
def test_role_goes_up_and_down_at_every_sign_in(sandbox, db, before, after):
    sandbox.person("shifter", roles=[before])
    Browser(sandbox).sign_in("shifter")
    sandbox.person("shifter", roles=[after] if after else None)
    Browser(sandbox).sign_in("shifter")
    user = User.objects.get()
    assert user.role == {"expert": Role.EXPERT, "shifter": Role.SHIFTER, None: Role.GUEST}[after]
    assert user.is_superuser is user.is_staff is False


def test_guest_sees_how_to_get_a_role(visitor):
    visitor.sign_in("newcomer")
    assert ROLES_HINT in visitor.client.get("/").content.decode()
    denied = visitor.client.get("/openruns/")
    assert denied.status_code == 403
    assert ROLES_HINT in denied.content.decode()


def test_second_sign_in_uses_the_same_account_with_current_names(visitor, sandbox):
    sandbox.person("shifter", roles=["shifter"], given_name="Ada", family_name="Old")
    Browser(sandbox).sign_in("shifter")
    sandbox.person("shifter", roles=["shifter"], given_name="Ada", family_name="New")
    visitor.sign_in("shifter")
    user = User.objects.get()
    assert (user.get_full_name(), user.email) == ("Ada New", "shifter@example.org")
    assert not user.has_usable_password()


def test_cern_user_cannot_sign_in_to_a_local_account_of_the_same_name(visitor):
    local = UserFactory(username="Admin", email="admin@example.org", first_name="admin", role=Role.ADMIN)
    visitor.sign_in("admin")
    assert who(visitor) != local
    assert who(visitor).username == "admin-2"
    assert not SocialAccount.objects.filter(user=local).exists()


def test_concurrent_first_sign_ins_create_one_account(visitor, sandbox, monkeypatch):
    """The second sign-in looked for the account before the first had created it."""
    Browser(sandbox).sign_in("newcomer")
    monkeypatch.setattr(SocialLogin, "lookup", lambda _login: None)
    answer = visitor.sign_in("newcomer")
    assert answer.status_code == 409
    assert "came first. Sign in again." in answer.content.decode()
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_signed_in_local_account_is_not_linked_to_a_cern_account(visitor):
    local = UserFactory(username="somebody")
    visitor.client.force_login(local)
    answer = visitor.client.get(START, {"process": "connect", "next": "/list/"})
    assert answer["Location"] == "/list/"
    assert not SocialAccount.objects.exists()


def test_deactivated_account_is_refused_with_a_message(visitor, sandbox):
    Browser(sandbox).sign_in("shifter")
    User.objects.update(is_active=False)
    answer = visitor.sign_in("shifter")
    assert answer.status_code == 403
    assert "switched off" in answer.content.decode()
    assert visitor.client.get("/").status_code == 302


def test_only_the_needed_claims_are_stored(visitor):
    visitor.sign_in("newcomer")
    [account] = SocialAccount.objects.all()
    assert account.uid == "newcomer"
    assert set(account.extra_data) == {"subject", "first_name", "last_name", "email", "roles"}
    assert not EmailAddress.objects.exists()
    assert not SocialToken.objects.exists()


def test_client_secret_and_verifier_are_sent_only_in_the_body(visitor, sandbox):
    visitor.sign_in("shifter")
    [token_request] = [entry for entry in sandbox.requests("sso") if entry["path"].endswith("/token")]
    assert (token_request["method"], token_request["query"]) == ("POST", "")
    assert "code_verifier=" in token_request["body"]


def test_callback_takes_three_calls_and_few_statements(visitor, sandbox, django_assert_max_num_queries):
    Browser(sandbox).sign_in("shifter")
    back = visitor.choose(visitor.begin(), "shifter")
    sandbox.clear_requests()
    with django_assert_max_num_queries(32):
        assert visitor.return_to(back).status_code == 302
    paths = [entry["path"].rpartition("/")[2] for entry in sandbox.requests("sso")]
    assert paths == ["openid-configuration", "token", "certs"]


# --- Sign-out -------------------------------------------------------------------------------------
def test_sign_out_ends_the_session_at_cern_too(visitor, sandbox):
    visitor.sign_in("shifter")
    other_tab = Browser(sandbox)
    other_tab.cern = visitor.cern
    assert "code" in query(other_tab.choose(other_tab.begin(), "nobody"))  # signed in there: no page is shown
    left = visitor.leave()
    assert (left.status_code, left.headers["Location"]) == (302, f"http://testserver{PAGE}")
    assert visitor.client.get("/")["Location"].startswith(PAGE)
    assert "Sign in to CERN" in visitor.cern.get(visitor.begin(), timeout=10).text


def test_sign_out_names_the_session_by_its_id_token(visitor):
    visitor.sign_in("shifter")
    address = visitor.client.post(reverse("users:sign-out"))["Location"]
    assert query(address)["post_logout_redirect_uri"] == f"http://testserver{PAGE}"
    assert query(address)["id_token_hint"].count(".") == 2
    assert visitor.client.session.get("cern") is None


def test_sign_out_by_get_does_nothing(visitor):
    visitor.sign_in("shifter")
    assert visitor.client.get(reverse("users:sign-out")).status_code == 405
    assert visitor.client.get("/").status_code == 200


def test_sign_out_while_cern_is_unreachable_shows_a_message(visitor, sandbox):
    visitor.sign_in("shifter")
    sandbox.faults("sso", "500")
    Browser(sandbox).client.get(START)
    answer = visitor.client.post(reverse("users:sign-out"), follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "close the browser" in answer.content.decode()


def test_local_account_signs_out_without_cern(shifter_client):
    assert shifter_client.post(reverse("users:sign-out"))["Location"] == PAGE


def test_each_of_several_sign_in_tabs_ends_where_it_was_going(visitor):
    targets = ["/list/?runs_min=315270", "/openruns/", "/references/"]
    pages = [visitor.begin(target) for target in targets]
    returns = [visitor.choose(page, "shifter") for page in pages]
    assert [visitor.return_to(address)["Location"] for address in returns] == targets
    assert who(visitor).username == "shifter"


def test_sign_in_tab_that_returns_twice_ends_at_home(visitor):
    first, second = visitor.begin("/list/"), visitor.begin("/openruns/")
    visitor.return_to(visitor.choose(first, "shifter"))
    back = visitor.choose(second, "shifter")
    assert visitor.return_to(back)["Location"] == "/openruns/"
    assert visitor.return_to(back)["Location"] == "/"


def test_unknown_state_of_a_signed_in_user_leads_home(shifter_client):
    assert shifter_client.get(CALLBACK, {"state": "unknown", "code": "x"})["Location"] == "/"
