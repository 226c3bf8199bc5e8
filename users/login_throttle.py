"""The limit on sign-in: failures are counted per account and address, successes never.

An attempt is counted before its password is looked at, so that many at once are as many as one after the other.
"""

import hashlib
import time

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest

from infrastructure.cache.file_lock import file_lock

MAX_FAILURES = 10
WINDOW_S = 5 * 60


def _cache() -> BaseCache:
    """A cache of its own: no number of failures crowds out what the pages remember."""
    return caches["attempts"]


def client_address(request: HttpRequest) -> str:
    """The client's address: behind a proxy the hop that it added last; what stands before it anybody may write."""
    hops = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return hops.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _key(request: HttpRequest, username: str) -> str:
    """The account and the address of the request, as a cache key of safe characters."""
    who = f"{username.strip().lower()}\n{client_address(request)}"
    return f"users.failures.{hashlib.sha256(who.encode()).hexdigest()}"


def _failures(key: str) -> tuple[int, float]:
    """How many there were, and when their window ends (seconds since 1970): none, and a window from now."""
    now = time.time()
    count, ends_at = _cache().get(key) or (0, 0.0)
    return (count, ends_at) if now < ends_at else (0, now + WINDOW_S)


def allow_attempt(request: HttpRequest, username: str) -> bool:
    """Whether this account may still try from this address; counts as a failure until `reset_failures`.

    The window starts with the first failure and no later one prolongs it.
    """
    key = _key(request, username)
    with file_lock("attempts"):
        count, ends_at = _failures(key)
        if count >= MAX_FAILURES:
            return False
        _cache().set(key, (count + 1, ends_at), ends_at - time.time())
    return True


def reset_failures(request: HttpRequest, username: str) -> None:
    """A success ends the count."""
    with file_lock("attempts"):
        _cache().delete(_key(request, username))
