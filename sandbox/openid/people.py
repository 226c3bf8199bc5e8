"""Accounts of the realm of the sandbox, and their claims."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class SandboxAccount:
    """One account. `roles` are the names of the Application Portal; None: tokens contain no roles.

    `has_cern_roles`: the roles are in `cern_roles`, too, not only in `resource_access`.
    """

    name: str
    description: str
    roles: tuple[str, ...] | None
    given_name: str = ""
    family_name: str = ""
    has_cern_roles: bool = True

    def claims(self, client: str) -> dict[str, Any]:
        """Return the claims of an ID token. `sub` and `cern_upn` identify the account."""
        given_name = self.given_name or self.name
        claims: dict[str, Any] = {
            "sub": self.name,
            "cern_upn": self.name,
            "preferred_username": self.name,
            "given_name": given_name,
            "name": f"{given_name} {self.family_name}".strip(),
            "email": f"{self.name}@example.org",
            "cern_mail_upn": f"{self.name}@example.org",
            "cern_preferred_language": "EN",
        }
        if self.family_name:
            claims["family_name"] = self.family_name
        return claims | self._roles(client)

    def _roles(self, client: str) -> dict[str, Any]:
        if self.roles is None:
            return {}
        claims: dict[str, Any] = {"resource_access": {client: {"roles": list(self.roles)}}}
        return claims | {"cern_roles": list(self.roles)} if self.has_cern_roles else claims


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
    """The requested change of an account is invalid. The text gives the reason."""


class SandboxAccounts:
    """The demo accounts with the changes since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed: dict[str, SandboxAccount] = {}

    def all(self) -> list[SandboxAccount]:
        """Return all accounts, in the order of the page."""
        with self._lock:
            accounts = {account.name: account for account in DEMO_ACCOUNTS} | self._changed
        return list(accounts.values())

    def by_name(self, name: str) -> SandboxAccount | None:
        """Return the account with this name, or None."""
        return next((account for account in self.all() if account.name == name), None)

    def change(self, body: dict[str, Any]) -> SandboxAccount:
        """Change or create an account, with effect from the next sign-in. Raises `InvalidAccount`."""
        name, roles = body.get("name"), body.get("roles", ())
        if not isinstance(name, str) or not name:
            raise InvalidAccount(f"name is {name!r}: give a text.")
        if roles is not None and not _is_string_list(roles):
            raise InvalidAccount(f"roles is {roles!r}: give a list of words, or null.")
        existing = self.by_name(name) or SandboxAccount(name, "made by a test", ())
        person = replace(
            existing,
            roles=None if roles is None else tuple(roles),
            given_name=str(body.get("given_name", existing.given_name)),
            family_name=str(body.get("family_name", existing.family_name)),
            has_cern_roles=bool(body.get("cern_roles", True)),
        )
        with self._lock:
            self._changed[name] = person
        return person

    def reset(self) -> None:
        """Restore the demo accounts."""
        with self._lock:
            self._changed.clear()


def _is_string_list(roles: object) -> bool:
    return isinstance(roles, Iterable) and not isinstance(roles, str) and all(isinstance(role, str) for role in roles)
