"""Which role CERN's sign-in gives: by the names in the ID token, each compared whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from users.models import Role

# As the roles of this application are named in CERN's Application Portal.
NAMES = {
    "guest": Role.GUEST,
    "shifter": Role.SHIFTER,
    "shiftleader": Role.SHIFT_LEADER,
    "expert": Role.EXPERT,
    "admin": Role.ADMIN,
}


def names_in(claims: Mapping[str, Any], client_id: str) -> list[str]:
    """The names of an ID token: `cern_roles`, or where it is missing those of `resource_access` for this client."""
    said = claims.get("cern_roles")
    if not isinstance(said, list):
        said = _in(_in(claims.get("resource_access"), client_id), "roles")
    return [name for name in said if isinstance(name, str)] if isinstance(said, list) else []


def _in(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def role_of(names: Iterable[str]) -> Role:
    """The highest role among these names; a guest's where none is known."""
    known = {NAMES[name] for name in names if name in NAMES}
    return max(known, key=list(Role).index, default=Role.GUEST)
