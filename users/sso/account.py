"""Claims of the CERN sign-in, and the account that they create or update.

Accounts are matched by `sub` only, stored in allauth's `SocialAccount`, never by name or e-mail address, so that a CERN
user cannot get access to a local account of the same name.
"""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from audit.operation import operation
from users.choices import AccountChangeKind
from users.models import User
from users.sso.role_mapping import highest_role, role_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allauth.socialaccount.models import SocialAccount

logger = logging.getLogger(__name__)
SIGN_IN_REASON = "As CERN said at the sign-in."
MAX_SUBJECT_LENGTH = 140  # an account name holds 150


class UnusableClaims(ValueError):
    """The token has no usable subject for an account."""


@dataclass(frozen=True)
class Claims:
    """The used claims of an ID token. `roles` are the names that CERN uses."""

    subject: str
    first_name: str
    last_name: str
    email: str
    roles: list[str]

    @classmethod
    def from_token(cls, claims: Mapping[str, Any], client_id: str) -> Claims:
        """Create from verified claims. All but `sub` may be missing or invalid. Raises `UnusableClaims`."""
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
    """Return the printable characters of a name, at most 150."""
    text = value if isinstance(value, str) else ""
    return "".join(character for character in text if character.isprintable()).strip()[:150]


def _email(value: object) -> str:
    text = _printable_name(value)
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text


def update_account(user: User, claims: Claims) -> User:
    """Set name, e-mail address and role from the claims, and return the user. A pinned role is not changed."""
    with operation(user, AccountChangeKind.ACCOUNT, reason=SIGN_IN_REASON):
        locked_user = User.objects.select_for_update().get(pk=user.pk)
        previous_role = locked_user.role
        _apply_claims(locked_user, claims)
        locked_user.save(update_fields=["first_name", "last_name", "email", "role", "role_changed_by"])
    if locked_user.role != previous_role:
        logger.info("Role of user %s at sign-in: %s, was %s", locked_user.pk, locked_user.role, previous_role)
    return locked_user


def create_account(claims: Claims, account: SocialAccount) -> User:
    """Create the user at the first sign-in. Raises `IntegrityError` if a parallel sign-in created it."""
    user = User(username=_free_username(claims.subject))
    with operation(user, AccountChangeKind.ACCOUNT, reason=SIGN_IN_REASON):
        user.set_unusable_password()
        _apply_claims(user, claims)
        user.save()
        account.user = user
        account.save()
    logger.info("New account: user %s, role %s", user.pk, user.role)
    return user


def _apply_claims(user: User, claims: Claims) -> None:
    user.first_name, user.last_name, user.email = claims.first_name, claims.last_name, claims.email
    if not user.role_pinned_for:
        user.role = highest_role(claims.roles)
        user.role_changed_by = ""


def _free_username(subject: str) -> str:
    """Return the subject, with a number appended if an account has this name (ignoring case)."""
    names = itertools.chain([subject], (f"{subject}-{number}" for number in itertools.count(2)))
    return next(name for name in names if not User.objects.filter(username__iexact=name).exists())
