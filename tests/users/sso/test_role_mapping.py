"""Which names of an ID token give the role."""

import pytest

from users.models import Role
from users.sso.role_mapping import highest_role, role_names

ELSEWHERE = {"resource_access": {"certhelper": {"roles": ["admin"]}, "other": {"roles": ["expert"]}}}


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        ({"cern_roles": ["shifter"], **ELSEWHERE}, ["shifter"]),
        ({"cern_roles": [], **ELSEWHERE}, []),  # present and empty: all roles were removed
        (ELSEWHERE, ["admin"]),
        ({"cern_roles": None, **ELSEWHERE}, ["admin"]),
        ({"cern_roles": "expert", **ELSEWHERE}, ["admin"]),
        ({"cern_roles": ["shifter", 7, None]}, ["shifter"]),
        ({"resource_access": {"certhelper": ["admin"]}}, []),
        ({}, []),
    ],
)
def test_names_come_from_cern_roles_and_only_where_it_is_missing_from_resource_access(claims, names):
    assert role_names(claims, "certhelper") == names


def test_empty_cern_roles_make_a_guest():
    assert highest_role(role_names({"cern_roles": [], **ELSEWHERE}, "certhelper")) == Role.GUEST
