"""What every form needs and what changes seldom, kept in Django's cache, which the workers share.

Signal receivers forget it when a row that it mainly depends on is saved or deleted. What they do not see, such as facts
of the run of a reference and rows that are written in bulk, may be a minute old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import transaction

from infrastructure.cache import safe_cache

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_S = 60
T = TypeVar("T")


def cached(key: str, read: Callable[[], T]) -> T:
    """Return the cached value of the key, or read and cache it."""
    value = safe_cache.read(key)
    if value is None:
        value = read()
        safe_cache.write(key, value, _TIMEOUT_S)
    return value


def invalidate(*keys: str) -> None:
    """Now, for this request; and once committed, for what another worker may have read meanwhile."""
    for key in keys:
        safe_cache.delete(key)
        transaction.on_commit(lambda key=key: safe_cache.delete(key))  # type: ignore[misc]
