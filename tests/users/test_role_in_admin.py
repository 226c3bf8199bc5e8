"""Roles changed by an admin: valid until the next sign-in with CERN, or pinned with a reason."""

import pytest
from allauth.socialaccount.models import SocialAccount

from tests.factories import UserFactory
from tests.users.sso.cern import Browser
from users.models import Role, User

pytestmark = pytest.mark.django_db


def change(client, person: User, **typed):
    """The form of the admin site with these fields changed."""
    url = f"/admin/users/user/{person.pk}/change/"
    values = {name: value for name, value in client.get(url).context["adminform"].form.initial.items() if value}
    return client.post(url, {**values, **typed})


@pytest.fixture
def newcomer(visitor) -> User:
    """A CERN user without a role."""
    visitor.sign_in("newcomer")
    return User.objects.get(username="newcomer")


def refreshed(person: User) -> User:
    return User.objects.get(pk=person.pk)


def test_changed_role_is_marked_and_lasts_until_the_next_sign_in(visitor, admin_client, newcomer):
    assert change(admin_client, newcomer, role="shifter").status_code == 302
    assert (refreshed(newcomer).role, refreshed(newcomer).role_changed_by) == (Role.SHIFTER, "admin")
    assert "admin, until the next sign-in with CERN" in admin_client.get("/admin/users/user/").content.decode()
    assert visitor.client.get("/openruns/").status_code == 200
    visitor.leave()
    visitor.sign_in("newcomer")
    assert (refreshed(newcomer).role, refreshed(newcomer).role_changed_by) == (Role.GUEST, "")


def test_pinned_role_is_not_changed_by_sign_ins(sandbox, admin_client, newcomer):
    change(admin_client, newcomer, role="shifter", role_pinned_for="on shift before the group is made")
    for roles in ([], ["expert"]):
        sandbox.person("newcomer", roles=roles)
        Browser(sandbox).sign_in("newcomer")
        assert refreshed(newcomer).role == Role.SHIFTER
    assert "admin, pinned: on shift before" in admin_client.get("/admin/users/user/").content.decode()


def test_unpinned_role_is_set_by_cern_at_the_next_sign_in(sandbox, admin_client, newcomer):
    change(admin_client, newcomer, role="shifter", role_pinned_for="for today")
    change(admin_client, refreshed(newcomer), role_pinned_for="")
    Browser(sandbox).sign_in("newcomer")
    assert refreshed(newcomer).role == Role.GUEST


def test_other_changes_do_not_mark_the_role(admin_client, newcomer):
    change(admin_client, newcomer, first_name="Nora")
    assert (refreshed(newcomer).first_name, refreshed(newcomer).role_changed_by) == ("Nora", "")


def test_own_role_cannot_be_changed_by_an_admin(admin_client, admin):
    form = admin_client.get(f"/admin/users/user/{admin.pk}/change/").context["adminform"].form
    assert {"role", "role_pinned_for", "is_active"} & set(form.fields) == set()
    change(admin_client, admin, role="guest", role_pinned_for="for ever", first_name="Ann")
    assert (refreshed(admin).role, refreshed(admin).role_pinned_for, refreshed(admin).first_name) == (
        Role.ADMIN,
        "",
        "Ann",
    )


@pytest.mark.parametrize("role", [Role.GUEST, Role.SHIFTER, Role.SHIFT_LEADER, Role.EXPERT])
def test_only_admins_change_a_role(client, role):
    user = UserFactory(role=role)
    client.force_login(user)
    for person in (user, UserFactory(role=Role.GUEST)):
        answer = client.post(f"/admin/users/user/{person.pk}/change/", {"username": person.username, "role": "admin"})
        assert answer.status_code in (302, 403)
        assert refreshed(person).role == person.role


def test_accounts_are_created_only_where_local_sign_in_is_enabled(admin_client, settings):
    settings.LOCAL_ACCOUNTS = False
    assert admin_client.get("/admin/users/user/add/").status_code == 403


def test_cern_accounts_are_read_only(admin_client, newcomer):
    account = SocialAccount.objects.get()
    page = f"/admin/socialaccount/socialaccount/{account.pk}/change/"
    assert "newcomer" in admin_client.get("/admin/socialaccount/socialaccount/?q=newc").content.decode()
    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {"uid": "admin"}).status_code == 403


@pytest.mark.parametrize("model", ["socialaccount/socialapp", "socialaccount/socialtoken", "account/emailaddress"])
def test_no_other_model_of_allauth_is_in_the_admin(admin_client, model):
    assert admin_client.get(f"/admin/{model}/").status_code == 404


def test_admin_uses_the_common_sign_out(visitor, sandbox):
    visitor.sign_in("admin")
    left = visitor.client.post("/admin/logout/")
    assert left["Location"].startswith(sandbox.base_url)
    assert "id_token_hint=" in left["Location"]
