"""A person as CERN's sign-in describes them, and the account here that is theirs.

The key is `sub`, kept in allauth's `SocialAccount`: nobody is recognised by a name or an e-mail address, so that nobody
from CERN comes into a local account by being called alike.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from audit.choices import ChangeKind
from audit.operation import operation
from users.models import User
from users.sso.role_mapping import highest_role, role_names

logger = logging.getLogger(__name__)
SIGN_IN_REASON = "As CERN said at the sign-in."
MAX_SUBJECT_LENGTH = 140  # an account name holds 150


class UnusableClaims(ValueError):
    """The token names nobody that an account could be of."""


@dataclass(frozen=True)
class Claims:
    """What is kept of an ID token; `roles` as CERN named them."""

    subject: str
    first_name: str
    last_name: str
    email: str
    roles: list[str]

    @classmethod
    def from_token(cls, claims: Mapping[str, Any], client_id: str) -> Claims:
        """From verified claims. All but `sub` may be missing or unusable; `UnusableClaims` without a usable one."""
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject.strip() or len(subject) > MAX_SUBJECT_LENGTH:
            raise UnusableClaims("sub is missing, empty or too long")
        if not subject.isprintable():
            raise UnusableClaims("sub has characters that cannot be printed")
        first, _, rest = _printable_name(claims.get("name")).partition(" ")
        return cls(
            subject=subject,
            first_name=_printable_name(claims.get("given_name")) or first,
            last_name=_printable_name(claims.get("family_name")) or ("" if claims.get("given_name") else rest),
            email=_email(claims.get("email")),
            roles=[name for name in role_names(claims, client_id) if name.isprintable()],
        )


def _printable_name(value: object) -> str:
    """A name fit to show and to store (150 characters)."""
    text = value if isinstance(value, str) else ""
    return "".join(one for one in text if one.isprintable()).strip()[:150]


def _email(value: object) -> str:
    text = _printable_name(value)
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text


def update_account(user: User, person: Claims) -> User:
    """The account at a sign-in: names as CERN has them; the role too, up or down, unless an admin pinned it."""
    with operation(user, ChangeKind.ACCOUNT, reason=SIGN_IN_REASON):
        known = User.objects.select_for_update().get(pk=user.pk)
        before = known.role
        _apply_claims(known, person)
        known.save(update_fields=["first_name", "last_name", "email", "role", "role_changed_by"])
    if known.role != before:
        logger.info("Role of user %s at sign-in: %s, was %s", known.pk, known.role, before)
    return known


def create_account(person: Claims, account: SocialAccount) -> User:
    """A new account for who was never here. Raises IntegrityError when a sign-in of theirs at the same time made it."""
    user = User(username=_free_username(person.subject))
    with operation(user, ChangeKind.ACCOUNT, reason=SIGN_IN_REASON):
        user.set_unusable_password()
        _apply_claims(user, person)
        user.save()
        account.user = user
        account.save()
    logger.info("New account: user %s, role %s", user.pk, user.role)
    return user


def _apply_claims(user: User, person: Claims) -> None:
    user.first_name, user.last_name, user.email = person.first_name, person.last_name, person.email
    if not user.role_pinned_for:
        user.role = highest_role(person.roles)
        user.role_changed_by = ""


def _free_username(subject: str) -> str:
    """The subject, or with a number where an account is called so already, in whatever letters."""
    names = itertools.chain([subject], (f"{subject}-{number}" for number in itertools.count(2)))
    return next(name for name in names if not User.objects.filter(username__iexact=name).exists())
