"""The limit on sign-in: failures are counted per account and address, successes never."""

import hashlib

from django.core.cache import cache
from django.http import HttpRequest

FAILURES_ALLOWED = 10
WINDOW_S = 5 * 60


def _key(request: HttpRequest, username: str) -> str:
    """The account and the address of the request, as a cache key of safe characters."""
    who = f"{username.strip().lower()}\n{request.META.get('REMOTE_ADDR', '')}"
    return f"users.failures.{hashlib.sha256(who.encode()).hexdigest()}"


def are_too_many(request: HttpRequest, username: str) -> bool:
    """Whether this account failed too often from this address within the window."""
    return cache.get(_key(request, username), 0) >= FAILURES_ALLOWED


def count_failure(request: HttpRequest, username: str) -> None:
    """One more failure; the window starts with the first."""
    key = _key(request, username)
    if not cache.add(key, 1, WINDOW_S):
        try:
            cache.incr(key)
        except ValueError:  # expired between the two calls
            cache.add(key, 1, WINDOW_S)


def forget(request: HttpRequest, username: str) -> None:
    """A success ends the count."""
    cache.delete(_key(request, username))
