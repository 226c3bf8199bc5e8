"""Mapping of the role names in the ID token to roles. Names must match exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from users.models import Role

# Names of the roles of this application in CERN's Application Portal.
ROLES_BY_NAME = {
    "guest": Role.GUEST,
    "shifter": Role.SHIFTER,
    "shiftleader": Role.SHIFT_LEADER,
    "expert": Role.EXPERT,
    "admin": Role.ADMIN,
}


def role_names(claims: Mapping[str, Any], client_id: str) -> list[str]:
    """Return the role names of an ID token: `cern_roles`, else those in `resource_access` of this client."""
    names = claims.get("cern_roles")
    if not isinstance(names, list):
        names = _nested(_nested(claims.get("resource_access"), client_id), "roles")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _nested(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def highest_role(names: Iterable[str]) -> Role:
    """Return the highest role among these names, or GUEST if none is known."""
    roles = {ROLES_BY_NAME[name] for name in names if name in ROLES_BY_NAME}
    return max(roles, key=list(Role).index, default=Role.GUEST)
