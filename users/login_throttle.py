"""Limit of failed sign-ins for each account and client address.

An attempt is counted before its password is checked, so that parallel attempts are limited, too. A success resets the
count.
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
    """Return a separate cache, so that failures cannot evict other entries."""
    return caches["attempts"]


def client_address(request: HttpRequest) -> str:
    """Return the address of the client: behind a proxy the last hop, because clients can forge the others."""
    hops = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return hops.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _key(request: HttpRequest, username: str) -> str:
    """Return a cache key for the account and the address of the client."""
    identity = f"{username.strip().lower()}\n{client_address(request)}"
    return f"users.failures.{hashlib.sha256(identity.encode()).hexdigest()}"


def _failures(key: str) -> tuple[int, float]:
    """Return the number of failures and the end of their window (seconds since 1970)."""
    now = time.time()
    count, ends_at = _cache().get(key) or (0, 0.0)
    return (count, ends_at) if now < ends_at else (0, now + WINDOW_S)


def allow_attempt(request: HttpRequest, username: str) -> bool:
    """Return whether the account may try to sign in from this address, and count a failure until `reset_failures`.

    The window of `WINDOW_S` starts with the first failure; later ones do not extend it.
    """
    key = _key(request, username)
    with file_lock("attempts"):
        count, ends_at = _failures(key)
        if count >= MAX_FAILURES:
            return False
        _cache().set(key, (count + 1, ends_at), ends_at - time.time())
    return True


def reset_failures(request: HttpRequest, username: str) -> None:
    """Reset the count after a successful sign-in."""
    with file_lock("attempts"):
        _cache().delete(_key(request, username))
