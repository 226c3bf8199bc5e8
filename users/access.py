"""Who may see a page: decided before anything is looked up."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from users.models import Role, User

View = Callable[..., HttpResponseBase]
# The guest's home page and the help say the same.
ROLES_HINT = "Roles come from CERN groups: ask your shift leader to enter you, then sign out and in again."


class SignedInRequest(HttpRequest):
    """A request that `role_required` let through: its user is one of ours."""

    user: User


def denial_message(request: HttpRequest, role: Role) -> str:
    """The sentence for a person whose role is too low: what it needs, who they are, what to do next."""
    user = cast(User, request.user)
    return (
        f"This page needs the role {role.label}. You are signed in as {user.get_username()}, "
        f"{user.get_role_display()}. {ROLES_HINT}"
    )


def check_access(request: HttpRequest, role: Role) -> HttpResponseBase | None:
    """None for who may go on, a redirect to the sign-in for strangers; raises PermissionDenied with a sentence."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not request.user.has_role(role):
        raise PermissionDenied(denial_message(request, role))
    return None


def role_required(role: Role) -> Callable[[View], View]:
    """Decorator of a function view that only people with this role, or a higher one, may reach."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return check_access(request, role) or view(request, *args, **kwargs)

        return guarded

    return decorate
