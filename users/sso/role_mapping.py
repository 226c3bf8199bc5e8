"""Which role CERN's sign-in gives: by the names in the ID token, each compared whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from users.models import Role

# As the roles of this application are named in CERN's Application Portal.
ROLES_BY_NAME = {
    "guest": Role.GUEST,
    "shifter": Role.SHIFTER,
    "shiftleader": Role.SHIFT_LEADER,
    "expert": Role.EXPERT,
    "admin": Role.ADMIN,
}


def role_names(claims: Mapping[str, Any], client_id: str) -> list[str]:
    """The names of an ID token: `cern_roles`, or where it is missing those of `resource_access` for this client."""
    said = claims.get("cern_roles")
    if not isinstance(said, list):
        said = _nested(_nested(claims.get("resource_access"), client_id), "roles")
    return [name for name in said if isinstance(name, str)] if isinstance(said, list) else []


def _nested(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def highest_role(names: Iterable[str]) -> Role:
    """The highest role among these names; a guest's where none is known."""
    known = {ROLES_BY_NAME[name] for name in names if name in ROLES_BY_NAME}
    return max(known, key=list(Role).index, default=Role.GUEST)
