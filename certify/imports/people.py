"""Accounts by the names that a file gives."""

from __future__ import annotations

from users.models import User


class AccountNames:
    """All accounts, found by name: exactly, else ignoring case if only one account has the name.

    Accounts made at a sign-in with CERN never differ in case alone, but those made by an admin may.
    """

    def __init__(self) -> None:
        self._exact = {person.username: person for person in User.objects.all()}
        self._folded: dict[str, list[User]] = {}
        for name, person in self._exact.items():
            self._folded.setdefault(name.casefold(), []).append(person)

    def find(self, name: str) -> User | None:
        """Return the account with this name, normalized as at sign-in; None if there is none, or more than one."""
        name = User.normalize_username(name)
        matching = self._folded.get(name.casefold(), [])
        return self._exact.get(name) or (matching[0] if len(matching) == 1 else None)
