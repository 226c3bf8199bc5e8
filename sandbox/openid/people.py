"""Who can sign in to the sandbox's realm, and what its tokens say of each."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class SandboxAccount:
    """One account. `roles` as the Application Portal names them; None: the realm says nothing of roles.

    `has_cern_roles`: the roles stand in `cern_roles` too, not only in `resource_access`.
    """

    name: str
    description: str
    roles: tuple[str, ...] | None
    given_name: str = ""
    family_name: str = ""
    has_cern_roles: bool = True

    def claims(self, client: str) -> dict[str, Any]:
        """What an ID token says of this person; `sub` and `cern_upn` are the key, the display name is not."""
        given = self.given_name or self.name
        said: dict[str, Any] = {
            "sub": self.name,
            "cern_upn": self.name,
            "preferred_username": self.name,
            "given_name": given,
            "name": f"{given} {self.family_name}".strip(),
            "email": f"{self.name}@example.org",
            "cern_mail_upn": f"{self.name}@example.org",
            "cern_preferred_language": "EN",
        }
        if self.family_name:
            said["family_name"] = self.family_name
        return said | self._roles(client)

    def _roles(self, client: str) -> dict[str, Any]:
        if self.roles is None:
            return {}
        said: dict[str, Any] = {"resource_access": {client: {"roles": list(self.roles)}}}
        return said | {"cern_roles": list(self.roles)} if self.has_cern_roles else said


DEMO_ACCOUNTS = (
    SandboxAccount("guest", "the role guest", ("default-role", "guest")),
    SandboxAccount("shifter", "the role shifter", ("default-role", "shifter")),
    SandboxAccount("shifter2", "the role shifter", ("default-role", "shifter")),
    SandboxAccount("leader", "the roles shifter and shiftleader", ("default-role", "shifter", "shiftleader")),
    SandboxAccount("expert", "the role expert", ("default-role", "expert")),
    SandboxAccount("admin", "the role admin", ("default-role", "admin")),
    SandboxAccount("newcomer", "no role at all, and never here before", None, "Nina", "Newcomer"),
)


class InvalidAccount(ValueError):
    """What was asked of a person makes no sense; the text says why."""


class SandboxAccounts:
    """The demo people, with the changes that were asked for since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed: dict[str, SandboxAccount] = {}

    def all(self) -> list[SandboxAccount]:
        """Everybody, in the order of the page."""
        with self._lock:
            known = {one.name: one for one in DEMO_ACCOUNTS} | self._changed
        return list(known.values())

    def by_name(self, name: str) -> SandboxAccount | None:
        """The person of that name."""
        return next((one for one in self.all() if one.name == name), None)

    def change(self, asked: dict[str, Any]) -> SandboxAccount:
        """Roles as asked, from the next sign-in on; a name that is not known is a new person."""
        name, roles = asked.get("name"), asked.get("roles", ())
        if not isinstance(name, str) or not name:
            raise InvalidAccount(f"name is {name!r}: give a text.")
        if roles is not None and not _is_string_list(roles):
            raise InvalidAccount(f"roles is {roles!r}: give a list of words, or null.")
        before = self.by_name(name) or SandboxAccount(name, "made by a test", ())
        person = replace(
            before,
            roles=None if roles is None else tuple(roles),
            given_name=str(asked.get("given_name", before.given_name)),
            family_name=str(asked.get("family_name", before.family_name)),
            has_cern_roles=bool(asked.get("cern_roles", True)),
        )
        with self._lock:
            self._changed[name] = person
        return person

    def reset(self) -> None:
        """The demo people again."""
        with self._lock:
            self._changed.clear()


def _is_string_list(roles: object) -> bool:
    return isinstance(roles, Iterable) and not isinstance(roles, str) and all(isinstance(one, str) for one in roles)
