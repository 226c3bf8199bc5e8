import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from tests.factories import UserFactory
from users.access import ROLES_HINT, role_required
from users.models import Role

pytestmark = pytest.mark.django_db


@role_required(Role.SHIFT_LEADER)
def for_leaders(_request):
    return HttpResponse("in")


def ask(rf, view, user):
    request = rf.get("/somewhere/?a=1")
    request.user = user
    return view(request)


@pytest.mark.parametrize("role", [Role.SHIFT_LEADER, Role.EXPERT, Role.ADMIN])
def test_required_and_higher_roles_are_allowed(rf, role):
    assert ask(rf, for_leaders, UserFactory(role=role)).content == b"in"


@pytest.mark.parametrize("role", [Role.GUEST, Role.SHIFTER])
def test_lower_role_is_denied_with_both_roles_named(rf, role):
    with pytest.raises(PermissionDenied, match=f"needs the role Shift leader.*{role.label}") as denied:
        ask(rf, for_leaders, UserFactory(role=role))
    assert ROLES_HINT in str(denied.value)


def test_anonymous_user_is_redirected_to_the_sign_in_with_next(rf):
    answer = ask(rf, for_leaders, AnonymousUser())
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/somewhere/%3Fa%3D1"


def test_deactivated_leader_is_denied(rf):
    with pytest.raises(PermissionDenied):
        ask(rf, for_leaders, UserFactory(role=Role.SHIFT_LEADER, is_active=False))


def test_denied_page_shows_the_message(guest_client):
    answer = guest_client.get("/openruns/")
    assert answer.status_code == 403
    html = answer.content.decode()
    assert "This page needs the role Shifter. You are signed in as guest, Guest." in html
    assert ROLES_HINT in html


@pytest.mark.parametrize("address", ["/", "/help/"])
def test_hint_on_roles_is_the_same_on_every_page(guest_client, address):
    assert ROLES_HINT in guest_client.get(address).content.decode()
