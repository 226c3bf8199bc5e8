"""Access control of views by role, checked before any other query."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

if TYPE_CHECKING:
    from users.models import Role, User

View = Callable[..., HttpResponseBase]
# Also displayed on the home page of guests and in the help.
ROLES_HINT = "Roles come from CERN groups: ask your shift leader to enter you, then sign out and in again."


class SignedInRequest(HttpRequest):
    """A request that passed `role_required`, so `user` is authenticated."""

    user: User


def denial_message(request: HttpRequest, role: Role) -> str:
    """Return the message for a user whose role is too low: required role, current role and what to do."""
    user = cast("User", request.user)
    return (
        f"This page needs the role {role.label}. You are signed in as {user.get_username()}, "
        f"{user.get_role_display()}. {ROLES_HINT}"
    )


def check_access(request: HttpRequest, role: Role) -> HttpResponseBase | None:
    """Return None for a user with the role, or a redirect to the sign-in page for an anonymous user.

    Raises `PermissionDenied` with a message for all others.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not request.user.has_role(role):
        raise PermissionDenied(denial_message(request, role))
    return None


def role_required(role: Role) -> Callable[[View], View]:
    """Decorator for function views that restricts access to users with this role or a higher one."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return check_access(request, role) or view(request, *args, **kwargs)

        return guarded

    return decorate
