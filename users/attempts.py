"""The limit on sign-in: failures are counted per account and address, successes never."""

import hashlib

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest

FAILURES_ALLOWED = 10
WINDOW_S = 5 * 60


def _cache() -> BaseCache:
    """A cache of its own: no number of failures crowds out what the pages remember."""
    return caches["attempts"]


def address_of(request: HttpRequest) -> str:
    """The client's address: behind a proxy the hop that it added last; what stands before it anybody may write."""
    hops = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return hops.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _key(request: HttpRequest, username: str) -> str:
    """The account and the address of the request, as a cache key of safe characters."""
    who = f"{username.strip().lower()}\n{address_of(request)}"
    return f"users.failures.{hashlib.sha256(who.encode()).hexdigest()}"


def are_too_many(request: HttpRequest, username: str) -> bool:
    """Whether this account failed too often from this address within the window."""
    return _cache().get(_key(request, username), 0) >= FAILURES_ALLOWED


def count_failure(request: HttpRequest, username: str) -> None:
    """One more failure; the window starts with the first."""
    key, cache = _key(request, username), _cache()
    if not cache.add(key, 1, WINDOW_S):
        try:
            cache.incr(key)
        except ValueError:  # expired between the two calls
            cache.add(key, 1, WINDOW_S)


def forget(request: HttpRequest, username: str) -> None:
    """A success ends the count."""
    _cache().delete(_key(request, username))
